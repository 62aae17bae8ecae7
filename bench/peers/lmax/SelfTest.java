import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** Shows that a consumer notices when the ring loses, doubles, reorders or damages events, or hands them on too early. */
final class SelfTest {
  private static final int EVENTS = 100;
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
    return mistakes;
  }

  private static boolean isNoticed(Scenario.Role role, List<Long> tags) {
    final Consumer consumer = new Consumer(role, 1, null);
    for (long tag : tags) {
      final Event event = new Event.Stamped();
      event.write(tag);
      consumer.onEvent(event, tag, false);
    }
    try {
      consumer.verify(new long[] {EVENTS});
      return false;
    } catch (IllegalStateException error) {
      return true;
    }
  }
}
