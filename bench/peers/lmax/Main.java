import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.List;

/**
 * The LMAX Disruptor as a peer: runs one scenario as often as it is asked to on its standard input.
 *
 * <pre>
 *   run SCENARIO RING_SIZE WARM_UP_MS WINDOW_MS
 *   ok ACCEPTED DELIVERED ITEMS_PER_SECOND
 *
 *   check
 *   ok
 *
 *   error MESSAGE          instead, when anything went wrong
 * </pre>
 *
 * The compiler of the virtual machine must have seen a scenario before it is measured: the first command runs it many
 * times, unmeasured. What it learns of one scenario spoils the next, so each wants a virtual machine of its own.
 */
final class Main {
  private static final long WARM_UP_OF_THE_COMPILER_NS = 3_000_000_000L;

  private boolean isWarm;

  public static void main(String[] arguments) throws IOException {
    final Main main = new Main();
    final BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    for (String command = commands.readLine(); command != null; command = commands.readLine()) {
      System.out.println(main.answer(command.split(" ")));
      System.out.flush();
    }
  }

  private String answer(String[] words) {
    try {
      if (words.length == 1 && words[0].equals("check")) return check();
      if (words.length != 5 || !words[0].equals("run")) throw new IllegalArgumentException("what is that command?");
      final Scenario scenario = Scenario.named(words[1]);
      final int ringSize = Integer.parseInt(words[2]);
      if (!isWarm) warmUp(scenario, ringSize);
      isWarm = true;
      return "ok " + new Run(scenario, ringSize, ns(words[3]), ns(words[4])).result();
    } catch (InterruptedException | RuntimeException error) {
      return "error " + error.getMessage();
    }
  }

  private static String check() {
    final List<String> mistakes = SelfTest.mistakes();
    return mistakes.isEmpty() ? "ok" : "error wrong about: " + String.join(", ", mistakes);
  }

  private static void warmUp(Scenario scenario, int ringSize) throws InterruptedException {
    final long end = System.nanoTime() + WARM_UP_OF_THE_COMPILER_NS;
    do {
      new Run(scenario, ringSize, ns("1"), ns("50")).result();
    } while (System.nanoTime() < end);
  }

  private static long ns(String ms) {
    return Long.parseLong(ms) * 1_000_000;
  }
}
