import com.lmax.disruptor.RingBuffer;

/** Claims, writes and publishes as fast as it can. */
final class Producer implements Runnable {
  private static final int LOOK_EVERY = 16;

  private final RingBuffer<Event> ring;
  private final Course course;
  private final long first;
  private final int batch;
  private final long most;
  private long sent;

  Producer(RingBuffer<Event> ring, Course course, int number, Scenario scenario) {
    this.ring = ring;
    this.course = course;
    first = (long) number << Event.SEQUENCE_BITS;
    batch = scenario.batch();
    most = scenario.items() != 0 ? scenario.items() : Long.MAX_VALUE;
  }

  long sent() {
    return sent;
  }

  @Override
  public void run() {
    sent = batch == 1 ? publishSingly() : publishBatches();
  }

  private long publishSingly() {
    long count = 0;
    for (; count < most; ++count) {
      if (count % LOOK_EVERY == 0 && course.stop) break;
      final long sequence = ring.next();
      ring.get(sequence).write(first + count);
      ring.publish(sequence);
    }
    return count;
  }

  private long publishBatches() {
    long count = 0;
    while (count < most && !course.stop) {
      final long last = ring.next(batch);
      final long begin = last - (batch - 1);
      for (long sequence = begin; sequence <= last; ++sequence) ring.get(sequence).write(first + count++);
      ring.publish(begin, last);
    }
    return count;
  }
}
