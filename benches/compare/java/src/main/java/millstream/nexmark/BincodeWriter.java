package millstream.nexmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Writes the layout that {@link BincodeReader} reads. */
final class BincodeWriter {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes = new byte[512];
    private int length;

    BincodeWriter unsigned(long number) {
        makeRoom(9);
        if (Long.compareUnsigned(number, 251) < 0) {
            bytes[length++] = (byte) number;
        } else if (Long.compareUnsigned(number, 0xffffL) <= 0) {
            bytes[length++] = (byte) 251;
            SHORT.set(bytes, length, (short) number);
            length += 2;
        } else if (Long.compareUnsigned(number, 0xffff_ffffL) <= 0) {
            bytes[length++] = (byte) 252;
            INT.set(bytes, length, (int) number);
            length += 4;
        } else {
            bytes[length++] = (byte) 253;
            LONG.set(bytes, length, number);
            length += 8;
        }
        return this;
    }

    BincodeWriter signed(long number) {
        return unsigned((number << 1) ^ (number >> 63));
    }

    BincodeWriter text(String text) {
        byte[] encoded = text.getBytes(UTF_8);
        unsigned(encoded.length);
        makeRoom(encoded.length);
        System.arraycopy(encoded, 0, bytes, length, encoded.length);
        length += encoded.length;
        return this;
    }

    private void makeRoom(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
        }
    }

    /** What was written since the last time; the room is used again. */
    byte[] take() {
        byte[] written = Arrays.copyOf(bytes, length);
        length = 0;
        return written;
    }
}
