import com.lmax.disruptor.EventFactory;
import java.util.List;

/**
 * Who writes and who reads.
 *
 * @param batch what a producer claims and publishes at once
 * @param items what a producer sends in all; 0: it goes on until the window is over
 */
record Scenario(EventFactory<Event> events, int producers, int batch, long items, List<Role> consumers) {

  /**
   * A consumer's part.
   *
   * @param after consumers, by their place in the list, that each event passes first
   * @param before the stamps it looks for
   * @param stamp the one it leaves; 0: none
   */
  record Role(List<Integer> after, int before, int stamp) {}

  private static final int FIRST = Event.Stamped.FIRST;
  private static final int SECOND = Event.Stamped.SECOND;
  private static final Role ALONE = new Role(List.of(), 0, 0);
  private static final List<Role> ONE = List.of(ALONE);
  private static final List<Role> DIAMOND = List.of(
      new Role(List.of(), 0, FIRST), new Role(List.of(), 0, SECOND), new Role(List.of(0, 1), FIRST | SECOND, 0));

  static Scenario named(String name) {
    return switch (name) {
      case "disruptor_publish1_8B" -> endless(Event.Word.FACTORY, 1, 1, ONE);
      case "disruptor_publish1_56B" -> endless(Event.Packet.FACTORY, 1, 1, ONE);
      case "seed_batches" -> new Scenario(Event.Word.FACTORY, 1, 2_000, 10_000L * 2_000, ONE);
      case "multicast_1p3c" -> endless(Event.Word.FACTORY, 1, 1, List.of(ALONE, ALONE, ALONE));
      case "pipeline_3" -> endless(Event.Stamped.FACTORY, 1, 1,
          List.of(new Role(List.of(), 0, FIRST), new Role(List.of(0), FIRST, SECOND),
              new Role(List.of(1), FIRST | SECOND, 0)));
      case "diamond_3" -> endless(Event.Stamped.FACTORY, 1, 1, DIAMOND);
      case "fanin_3p1c" -> endless(Event.Word.FACTORY, 3, 1, ONE);
      case "fanin_3p1c_b10" -> endless(Event.Word.FACTORY, 3, 10, ONE);
      case "fanin_3p3c" -> endless(Event.Word.FACTORY, 3, 1, List.of(ALONE, ALONE, ALONE));
      case "sharded_4p_b1" -> endless(Event.Word.FACTORY, 4, 1, ONE);
      case "sharded_4p_b256" -> endless(Event.Word.FACTORY, 4, 256, ONE);
      case "sharded_graph_4p" -> endless(Event.Stamped.FACTORY, 4, 1, DIAMOND);
      default -> throw new IllegalArgumentException("no such scenario: " + name);
    };
  }

  int threads() {
    return producers + consumers.size();
  }

  private static Scenario endless(EventFactory<Event> events, int producers, int batch, List<Role> consumers) {
    return new Scenario(events, producers, batch, 0, consumers);
  }
}
