import com.lmax.disruptor.EventHandler;

/** Compares every word of every event with the one that its producer must have sent next. */
final class Consumer implements EventHandler<Event> {
  private final Scenario.Role role;
  private final int before;
  private final int stamp;
  private final Course course; // null: another consumer measures
  private final long[] next;
  private long count;
  private long lookAt; // of the course; 0: never
  private long difference;

  Consumer(Scenario.Role role, int producers, Course course) {
    this.role = role;
    this.before = role.before();
    this.stamp = role.stamp();
    this.course = course;
    lookAt = course == null ? 0 : 1;
    // A power of two, so that the producer's number is masked and never out of range.
    next = new long[producers == 1 ? 1 : Integer.highestOneBit(producers - 1) * 2];
    for (int producer = 0; producer < next.length; ++producer) next[producer] = (long) producer << Event.SEQUENCE_BITS;
  }

  Scenario.Role role() {
    return role;
  }

  @Override
  public void onEvent(Event event, long sequence, boolean endOfBatch) {
    final int producer = (int) (event.tag >>> Event.SEQUENCE_BITS) & (next.length - 1);
    difference |= event.difference(next[producer]++, before);
    if (stamp != 0) event.stamp(stamp);
    if (++count == lookAt) lookAt = course.look(count);
  }

  /** How many it has handled. */
  long count() {
    return count;
  }

  /** Says what differs from what each producer says it has sent. */
  void verify(long[] sent) {
    for (int producer = 0; producer < sent.length; ++producer) {
      final long got = next[producer] - ((long) producer << Event.SEQUENCE_BITS);
      if (got != sent[producer]) {
        throw new IllegalStateException(
            "of producer " + producer + ", " + sent[producer] + " were published and " + got + " handled");
      }
    }
    if (difference != 0) throw new IllegalStateException("events came out of order, twice or changed");
  }
}
