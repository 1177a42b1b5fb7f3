package org.djwar.runtime;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A request body that has left the client: in memory, or in a file which has no name any more. */
public final class Body implements Closeable {
    /** No body. */
    public static final Body NONE = new Body(new byte[0], 0);

    private final byte[] bytes;
    private final FileChannel file;
    private final long length;
    private long position;

    /** A body in memory: the first {@code length} bytes. */
    public Body(byte[] bytes, int length) {
        this.bytes = bytes;
        this.file = null;
        this.length = length;
    }

    /** A body in a file, which is closed with it. */
    public Body(FileChannel file, long length) {
        this.bytes = null;
        this.file = file;
        this.length = length;
    }

    /** How many bytes. */
    public long length() {
        return length;
    }

    /** The bytes when they are in memory, else null; {@link #length()} of them count. */
    public byte[] bytes() {
        return bytes;
    }

    /** Copies as much as is left and fits. */
    public void read(ByteBuffer target) throws IOException {
        int count = (int) Math.min(target.remaining(), length - position);
        if (bytes != null) {
            target.put(bytes, (int) position, count);
            position += count;
            return;
        }
        int limit = target.limit();
        target.limit(target.position() + count);
        while (target.hasRemaining()) {
            int got = file.read(target, position);
            if (got < 0) {
                throw new IOException("the spooled body is shorter than it was");
            }
            position += got;
        }
        target.limit(limit);
    }

    /** Starts again, for the second worker when the first died. */
    public void rewind() {
        position = 0;
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
