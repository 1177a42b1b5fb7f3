package org.djwar.runtime.cpython;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A part of a streamed response, in a buffer for all parts of it. One thread's. */
final class Part {
    private byte[] bytes;
    private int from;
    private int end;

    /** The bytes from {@code from} on. */
    Part(byte[] bytes, int from) {
        set(bytes, from);
    }

    /** Another part, in an array of its own. */
    void set(byte[] whole, int start) {
        bytes = whole;
        from = start;
        end = whole.length;
    }

    /** Room for a part of so many bytes, which the caller fills from the array's beginning. */
    byte[] reserve(int count) {
        if (count > bytes.length) {
            // Twice as large as before, so that parts which grow by a few bytes don't each get an array.
            bytes = new byte[Math.max(count, Math.min(2 * bytes.length, Frames.BUFFER))];
        }
        from = 0;
        end = count;
        return bytes;
    }

    int length() {
        return end - from;
    }

    ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes, from, end - from);
    }

    byte[] copy() {
        return Arrays.copyOfRange(bytes, from, end);
    }

    void write(OutputStream output) throws IOException {
        output.write(bytes, from, end - from);
    }
}
