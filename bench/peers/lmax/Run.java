import com.lmax.disruptor.BatchEventProcessor;
import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.WaitStrategy;
import com.lmax.disruptor.YieldingWaitStrategy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;

/** One sample: a ring, its threads, and the proof that everything arrived. Nothing is used twice. */
final class Run {
  private static final long PATIENCE_NS = 60_000_000_000L;

  private final Scenario scenario;
  private final Course course;
  private final RingBuffer<Event> ring;
  private final List<Consumer> consumers = new ArrayList<>();
  private final List<BatchEventProcessor<Event>> processors = new ArrayList<>();
  private final List<Producer> producers = new ArrayList<>();

  Run(Scenario scenario, int ringSize, long warmUpNs, long windowNs) {
    this.scenario = scenario;
    course = new Course(warmUpNs, windowNs, scenario.items());
    ring = scenario.producers() == 1
        ? RingBuffer.createSingleProducer(scenario.events(), ringSize, waitStrategy(scenario))
        : RingBuffer.createMultiProducer(scenario.events(), ringSize, waitStrategy(scenario));
    for (int i = 0; i < scenario.consumers().size(); ++i) addConsumer(i);
    ring.addGatingSequences(sequencesOf(ends()));
    for (int i = 0; i < scenario.producers(); ++i) producers.add(new Producer(ring, course, i, scenario));
  }

  /** The fastest one that does not keep others from their CPU. */
  static WaitStrategy waitStrategy(Scenario scenario) {
    final boolean oneEach = scenario.threads() <= Runtime.getRuntime().availableProcessors();
    return oneEach ? new BusySpinWaitStrategy() : new YieldingWaitStrategy();
  }

  /** "accepted delivered itemsPerSecond": what was published, and what each consumer has handled. */
  String result() throws InterruptedException {
    final CountDownLatch begin = new CountDownLatch(1);
    final List<Thread> handling = new ArrayList<>();
    for (BatchEventProcessor<Event> processor : processors) handling.add(start("consumer", processor, begin));
    final List<Thread> publishing = new ArrayList<>();
    for (Producer producer : producers) publishing.add(start("producer", producer, begin));
    course.start();
    begin.countDown();

    for (Thread thread : publishing) thread.join();
    awaitTheLastEvent();
    for (BatchEventProcessor<Event> processor : processors) processor.halt();
    for (Thread thread : handling) thread.join();

    final long[] sent = producers.stream().mapToLong(Producer::sent).toArray();
    for (Consumer consumer : consumers) consumer.verify(sent);
    final long accepted = LongStream.of(sent).sum();
    final long delivered = consumers.stream().mapToLong(Consumer::count).min().orElse(0);
    return accepted + " " + delivered + " " + course.itemsPerSecond();
  }

  private void addConsumer(int number) {
    final Scenario.Role role = scenario.consumers().get(number);
    final boolean measures = number == scenario.consumers().size() - 1;
    final Consumer consumer = new Consumer(role, scenario.producers(), measures ? course : null);
    final List<BatchEventProcessor<Event>> after = role.after().stream().map(processors::get).toList();
    final SequenceBarrier barrier = ring.newBarrier(sequencesOf(after));
    consumers.add(consumer);
    processors.add(new BatchEventProcessor<>(ring, barrier, consumer));
  }

  /** The consumers that no other one waits for: those keep the producers from overwriting. */
  private List<BatchEventProcessor<Event>> ends() {
    final List<BatchEventProcessor<Event>> ends = new ArrayList<>(processors);
    for (Consumer consumer : consumers) {
      for (int before : consumer.role().after()) ends.remove(processors.get(before));
    }
    return ends;
  }

  private static Sequence[] sequencesOf(List<BatchEventProcessor<Event>> processors) {
    return processors.stream().map(BatchEventProcessor::getSequence).toArray(Sequence[]::new);
  }

  private static Thread start(String name, Runnable body, CountDownLatch begin) {
    final Thread thread = new Thread(() -> {
      try {
        begin.await();
      } catch (InterruptedException error) {
        throw new IllegalStateException(error);
      }
      body.run();
    }, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void awaitTheLastEvent() {
    final long last = ring.getCursor();
    final long deadline = System.nanoTime() + PATIENCE_NS;
    for (BatchEventProcessor<Event> processor : processors) {
      while (processor.getSequence().get() < last) {
        if (System.nanoTime() > deadline) throw new IllegalStateException("the last event was never handled");
        Thread.yield();
      }
    }
  }
}
