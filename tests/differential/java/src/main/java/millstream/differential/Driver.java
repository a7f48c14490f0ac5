// What the test driver does not offer, by way of its private fields: the records of all topics in the order written, and an
// order of queues whose next records have the same time.
package millstream.differential;

import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.function.Function;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyDescription;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.internals.ProcessorNode;
import org.apache.kafka.streams.processor.internals.ProcessorTopology;
import org.apache.kafka.streams.processor.internals.RecordQueue;
import org.apache.kafka.streams.processor.internals.Stamped;
import org.apache.kafka.streams.state.internals.InMemoryTimeOrderedKeyValueChangeBuffer;

final class Driver {
    static final String APPLICATION = "differential";

    private Driver() {}

    /** A queue that gets every record that is written from now on. The driver itself keeps a queue for each topic. */
    static Queue<ProducerRecord<byte[], byte[]>> recordWritten(TopologyTestDriver driver) {
        var written = new ArrayDeque<ProducerRecord<byte[], byte[]>>();
        set(driver, "outputRecordsByTopic", new HashMap<String, Queue<ProducerRecord<byte[], byte[]>>>() {
            @Override
            public Queue<ProducerRecord<byte[], byte[]>> computeIfAbsent(
                    String topic, Function<? super String, ? extends Queue<ProducerRecord<byte[], byte[]>>> make) {
                return written;
            }
        });
        return written;
    }

    /**
     * Of queues with equal times no rule of Kafka Streams says which goes first: its heap compares the times alone. Here it is the
     * one of the sub-topology with the smaller number, and in a sub-topology the one whose source was added first.
     */
    static void orderTies(TopologyTestDriver driver, Topology topology) {
        Map<String, Integer> places = places(driver, topology);
        var order = Comparator.comparingLong(RecordQueue::headRecordTimestamp)
                .thenComparingInt(queue -> places.get(queue.partition().topic()));
        Object task = get(driver, "task");
        if (task == null) {
            return; // All there is are global tables.
        }
        set(get(task, "partitionGroup"), "nonEmptyQueuesByTime", new PriorityQueue<>(order));
        orderSchedules(driver, get(task, "systemTimePunctuationQueue"), topology);
    }

    /** Of schedules that are due at the same time, the heap takes any first. Here it is the one whose processor was added first. */
    private static void orderSchedules(TopologyTestDriver driver, Object queue, Topology topology) {
        var processors = ((ProcessorTopology) get(driver, "processorTopology")).processors();
        Map<String, Integer> subtopologies = subtopologies(topology);
        var order = Comparator.<Stamped<ProcessorNode<?, ?, ?, ?>>>comparingLong(schedule -> schedule.timestamp)
                .thenComparingInt(schedule -> subtopologies.get(schedule.value.name()))
                .thenComparingInt(schedule -> processors.indexOf(schedule.value));
        @SuppressWarnings("unchecked")
        var schedules = (PriorityQueue<Stamped<ProcessorNode<?, ?, ?, ?>>>) get(queue, "pq");
        var ordered = new PriorityQueue<>(order);
        ordered.addAll(schedules);
        set(queue, "pq", ordered);
    }

    /**
     * The buffers of `suppress` log the keys that have changed in the order of a hash set, which no rule determines. Here it is the
     * order of their last changes.
     */
    static void orderBuffers(TopologyTestDriver driver) {
        for (StateStore store : driver.getAllStateStores().values()) {
            if (store instanceof InMemoryTimeOrderedKeyValueChangeBuffer<?, ?, ?>) {
                set(store, "dirtyKeys", new LinkedHashSet<Object>() {
                    @Override
                    public boolean add(Object key) {
                        boolean isNew = !remove(key);
                        super.add(key);
                        return isNew;
                    }
                });
            }
        }
    }

    private static Map<String, Integer> subtopologies(Topology topology) {
        Map<String, Integer> subtopologies = new HashMap<>();
        for (TopologyDescription.Subtopology subtopology : topology.describe().subtopologies()) {
            for (TopologyDescription.Node node : subtopology.nodes()) {
                subtopologies.put(node.name(), subtopology.id());
            }
        }
        return subtopologies;
    }

    private static Map<String, Integer> places(TopologyTestDriver driver, Topology topology) {
        var processors = (ProcessorTopology) get(driver, "processorTopology");
        Map<String, Integer> subtopologies = subtopologies(topology);
        Map<String, Integer> places = new HashMap<>();
        for (String topic : processors.sourceTopics()) {
            var source = processors.source(topic);
            places.put(topic, subtopologies.get(source.name()) * 1000 + processors.processors().indexOf(source));
        }
        return places;
    }

    private static Object get(Object owner, String name) {
        try {
            return field(owner, name).get(owner);
        } catch (IllegalAccessException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static void set(Object owner, String name, Object value) {
        try {
            field(owner, name).set(owner, value);
        } catch (IllegalAccessException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static Field field(Object owner, String name) {
        try {
            Field field = owner.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
