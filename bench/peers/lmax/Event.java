import com.lmax.disruptor.EventFactory;

/** What lies in the ring. Its tag, the producer and its place in that producer's row, says what all of it must be. */
abstract class Event {
  static final int SEQUENCE_BITS = 48;

  long tag;

  abstract void write(long tag);

  /** Zero when this is what write(tag) gave it and what the consumers `before` this one, a set of bits, added to it. */
  abstract long difference(long tag, int before);

  /** What the first, or second, consumer adds to it. */
  void stamp(int consumer) {}

  /** 8 bytes. */
  static final class Word extends Event {
    static final EventFactory<Event> FACTORY = Word::new;

    @Override
    void write(long tag) {
      this.tag = tag;
    }

    @Override
    long difference(long tag, int before) {
      return this.tag ^ tag;
    }
  }

  /** 56 bytes. */
  static final class Packet extends Event {
    static final EventFactory<Event> FACTORY = Packet::new;

    private long a;
    private long b;
    private long c;
    private long d;
    private long e;
    private long f;

    @Override
    void write(long tag) {
      this.tag = tag;
      a = tag + 1;
      b = tag + 2;
      c = tag + 3;
      d = tag + 4;
      e = tag + 5;
      f = tag + 6;
    }

    @Override
    long difference(long tag, int before) {
      return (this.tag ^ tag) | (a ^ (tag + 1)) | (b ^ (tag + 2)) | (c ^ (tag + 3)) | (d ^ (tag + 4)) | (e ^ (tag + 5))
          | (f ^ (tag + 6));
    }
  }

  /** 8 bytes, and 8 more for each of two consumers, which later ones look for. */
  static final class Stamped extends Event {
    static final EventFactory<Event> FACTORY = Stamped::new;
    static final int FIRST = 1;
    static final int SECOND = 2;

    private long first;
    private long second;

    @Override
    void write(long tag) {
      this.tag = tag;
    }

    @Override
    void stamp(int consumer) {
      if (consumer == FIRST) first = tag + FIRST;
      if (consumer == SECOND) second = tag + SECOND;
    }

    @Override
    long difference(long tag, int before) {
      long difference = this.tag ^ tag;
      if ((before & FIRST) != 0) difference |= first ^ (tag + FIRST);
      if ((before & SECOND) != 0) difference |= second ^ (tag + SECOND);
      return difference;
    }
  }
}
