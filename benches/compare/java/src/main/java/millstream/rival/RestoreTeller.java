package millstream.rival;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StateRestoreListener;

/** Says when the first store begins to be restored. */
final class RestoreTeller implements StateRestoreListener {
    private boolean hasBegun;

    @Override
    public synchronized void onRestoreStart(TopicPartition partition, String store, long from, long to) {
        if (!hasBegun) {
            hasBegun = true;
            System.out.println("restoring");
        }
    }

    @Override
    public void onBatchRestored(TopicPartition partition, String store, long offset, long records) {}

    @Override
    public void onRestoreEnd(TopicPartition partition, String store, long total) {}
}
