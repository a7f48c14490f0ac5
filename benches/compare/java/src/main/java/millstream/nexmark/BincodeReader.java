package millstream.nexmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Reads the layout of bincode 2 that {@code millstream_types::serde::bincode} describes. */
final class BincodeReader {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] bytes;
    private int at;

    BincodeReader(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A whole number without sign: a byte up to 250, else a marker and 2, 4 or 8 bytes. */
    long unsigned() {
        int first = bytes[at] & 0xff;
        at += 1;
        return switch (first) {
            case 251 -> skip(2, (short) SHORT.get(bytes, at) & 0xffffL);
            case 252 -> skip(4, (int) INT.get(bytes, at) & 0xffff_ffffL);
            case 253 -> skip(8, (long) LONG.get(bytes, at));
            default -> first;
        };
    }

    private long skip(int length, long number) {
        at += length;
        return number;
    }

    /** A whole number with a sign, which is its last bit. */
    long signed() {
        long number = unsigned();
        return (number >>> 1) ^ -(number & 1);
    }

    String text() {
        int length = (int) unsigned();
        String text = new String(bytes, at, length, UTF_8);
        at += length;
        return text;
    }
}
