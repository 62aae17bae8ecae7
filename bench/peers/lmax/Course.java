/**
 * The course of a run: warm up, measure for the window, stop the producers. Or, of a run of so many items, from the first
 * to the last of them. The consumer that measures looks in now and then.
 */
final class Course {
  private static final long LOOK_EVERY = 1024;

  volatile boolean stop;

  private final long warmUpNs;
  private final long windowNs;
  private final long items;
  private long startNs;
  private long beginNs;
  private long countAtBegin = -1;
  private double itemsPerSecond;

  Course(long warmUpNs, long windowNs, long items) {
    this.warmUpNs = warmUpNs;
    this.windowNs = windowNs;
    this.items = items;
  }

  void start() {
    startNs = System.nanoTime();
  }

  double itemsPerSecond() {
    return itemsPerSecond;
  }

  /** Says at what count to look again. */
  long look(long count) {
    if (!stop) advance(count);
    final long next = count + LOOK_EVERY;
    return items == 0 || count >= items ? next : Math.min(next, items);
  }

  private void advance(long count) {
    final long now = System.nanoTime();
    if (items != 0) {
      if (count == items) end(count, now - startNs);
    } else if (countAtBegin < 0) {
      if (now - startNs < warmUpNs) return;
      beginNs = now;
      countAtBegin = count;
    } else if (now - beginNs >= windowNs) {
      end(count - countAtBegin, now - beginNs);
    }
  }

  private void end(long count, long ns) {
    itemsPerSecond = count * 1e9 / ns;
    stop = true;
  }
}
