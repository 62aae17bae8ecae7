import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** Shows that a consumer notices when the ring loses, doubles, reorders or damages events, or hands them on too early. */
final class SelfTest {
  private static final int EVENTS = 100;
  private static final int RUN = 4;
  private static final long OTHER = 1L << Event.SEQUENCE_BITS; // the second producer's first tag
  private static final Scenario.Role ALONE = new Scenario.Role(List.of(), 0, 0);
  private static final Scenario.Role SECOND = new Scenario.Role(List.of(0), Event.Stamped.FIRST, 0);

  private SelfTest() {}

  /** What went unnoticed, and what should not have been complained of: hopefully nothing. */
  static List<String> mistakes() {
    final List<String> mistakes = new ArrayList<>();
    final List<Long> sound = LongStream.range(0, EVENTS).boxed().toList();
    if (isNoticed(ALONE, sound)) mistakes.add("sound");

    final List<Long> lost = new ArrayList<>(sound);
    lost.remove(EVENTS / 2);
    if (!isNoticed(ALONE, lost)) mistakes.add("lost");

    final List<Long> doubled = new ArrayList<>(sound);
    doubled.add(EVENTS / 2, sound.get(EVENTS / 2));
    if (!isNoticed(ALONE, doubled)) mistakes.add("doubled");

    final List<Long> reordered = new ArrayList<>(sound);
    reordered.add(reordered.remove(EVENTS / 2));
    if (!isNoticed(ALONE, reordered)) mistakes.add("reordered");

    final List<Long> damaged = new ArrayList<>(sound);
    damaged.set(EVENTS / 2, sound.get(EVENTS / 2) ^ (1L << 40));
    if (!isNoticed(ALONE, damaged)) mistakes.add("damaged");

    if (!isNoticed(SECOND, sound)) mistakes.add("handed on before the first consumer had it");

    // Two producers, a run of each in turn.
    final List<Long> mixed = new ArrayList<>();
    for (long begin = 0; begin < EVENTS; begin += RUN) {
      for (long i = 0; i < RUN; ++i) mixed.add(begin + i);
      for (long i = 0; i < RUN; ++i) mixed.add(OTHER + begin + i);
    }
    if (isNoticed(ALONE, mixed, 2)) mistakes.add("two producers, sound");

    final List<Long> lostOfOne = new ArrayList<>(mixed);
    lostOfOne.remove(OTHER + EVENTS / 2);
    if (!isNoticed(ALONE, lostOfOne, 2)) mistakes.add("two producers, lost");

    final List<Long> swapped = new ArrayList<>(mixed);
    swapped.set(RUN, OTHER + 1);
    swapped.set(RUN + 1, OTHER);
    if (!isNoticed(ALONE, swapped, 2)) mistakes.add("two producers, reordered");
    return mistakes;
  }

  private static boolean isNoticed(Scenario.Role role, List<Long> tags) {
    return isNoticed(role, tags, 1);
  }

  private static boolean isNoticed(Scenario.Role role, List<Long> tags, int producers) {
    final Consumer consumer = new Consumer(role, producers, null);
    for (long tag : tags) {
      final Event event = new Event.Stamped();
      event.write(tag);
      consumer.onEvent(event, tag, false);
    }
    try {
      consumer.verify(LongStream.generate(() -> EVENTS).limit(producers).toArray());
      return false;
    } catch (IllegalStateException error) {
      return true;
    }
  }
}
