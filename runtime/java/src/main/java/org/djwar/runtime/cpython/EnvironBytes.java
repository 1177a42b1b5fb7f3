package org.djwar.runtime.cpython;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.djwar.runtime.Environ;

/** A request frame in the making: header, environ as {@code key\0value\0…}, inline body. Reused by one connection. */
final class EnvironBytes implements Environ.Sink {
    /** Type, payload length, environ length, body mode. */
    private static final int HEADER = 10;
    private static final int ENVIRON_AT = HEADER;

    private byte[] bytes = new byte[8 * 1024];
    private int length = HEADER;

    /** A NUL in a value: it can't be sent, and no honest client sends one. */
    static final class NulInRequest extends RuntimeException {
        private static final long serialVersionUID = 1;

        NulInRequest() {
            super("a NUL in the request", null, false, false);
        }
    }

    void clear() {
        length = HEADER;
        if (bytes.length > Frames.BUFFER) {
            bytes = new byte[8 * 1024];
        }
    }

    @Override
    public void put(String key, String value) {
        if (length > ENVIRON_AT) {
            reserve(1);
            bytes[length++] = 0;
        }
        append(key);
        reserve(1);
        bytes[length++] = 0;
        append(value);
    }

    private void append(String text) {
        int count = text.length();
        reserve(count);
        byte[] target = bytes;
        int at = length;
        for (int i = 0; i < count; i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw new NulInRequest();
            }
            if (c > 0xFF) {
                // The container has decoded more than latin-1: give the application the bytes again.
                appendBytes(text.getBytes(StandardCharsets.UTF_8));
                return;
            }
            target[at++] = (byte) c;
        }
        length = at;
    }

    private void appendBytes(byte[] more) {
        reserve(more.length);
        System.arraycopy(more, 0, bytes, length, more.length);
        length += more.length;
    }

    /** Completes the frame; {@code body} null: it will be pulled. */
    void finish(byte[] body, int bodyLength) {
        int environ = length - ENVIRON_AT;
        if (body != null) {
            reserve(bodyLength);
            System.arraycopy(body, 0, bytes, length, bodyLength);
            length += bodyLength;
        }
        bytes[0] = Frames.REQUEST;
        putInt(1, length - Frames.HEADER);
        putInt(5, environ);
        bytes[9] = (byte) (body == null ? 1 : 0);
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    private void putInt(int at, int value) {
        bytes[at] = (byte) (value >>> 24);
        bytes[at + 1] = (byte) (value >>> 16);
        bytes[at + 2] = (byte) (value >>> 8);
        bytes[at + 3] = (byte) value;
    }

    private void reserve(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
