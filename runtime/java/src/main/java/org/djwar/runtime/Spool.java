package org.djwar.runtime;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Takes whole bodies from clients before a worker is asked: a slow client costs a container's thread, never a worker. */
public final class Spool {
    private static final int CHUNK = 32 * 1024;

    private final Path folder;
    private final int memory;
    private final long largest;

    /** The client sent more than {@code djwar.max-body-size}. */
    public static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** The body can't be kept: most probably the disk is full. The client is not to blame. */
    public static final class NoRoom extends IOException {
        private static final long serialVersionUID = 1;

        NoRoom(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** Bodies up to {@code memory} bytes wait in memory, larger ones in {@code folder}; {@code largest} 0: any size. */
    public Spool(Path folder, long memory, long largest) {
        this.folder = folder;
        this.memory = (int) Math.min(memory, 1 << 30);
        this.largest = largest > 0 ? largest : Long.MAX_VALUE;
    }

    /** Reads the whole body. */
    public Body take(Exchange exchange) throws IOException {
        long length = exchange.contentLength();
        if (length > largest) {
            throw new TooLarge();
        }
        if (length == 0 || length < 0 && hasNoBody(exchange)) {
            return Body.NONE;
        }
        InputStream stream = exchange.body();
        byte[] start = length > 0 && length <= memory ? new byte[(int) length] : new byte[Math.min(CHUNK, Math.max(memory, 1))];
        int count = 0;
        while (true) {
            int got = stream.read(start, count, start.length - count);
            if (got < 0) {
                return whole(new Body(start, count), length);
            }
            count += got;
            if (count > largest) {
                throw new TooLarge();
            }
            if (count == length) {
                return new Body(start, count);
            }
            if (count == start.length) {
                if (count >= memory) {
                    return spill(start, count, stream, length);
                }
                start = Arrays.copyOf(start, (int) Math.min(memory, count * 2L));
            }
        }
    }

    /** RFC 9112 §6.3: a request of HTTP/1 with neither header has no body; asking the stream would cost more. */
    private static boolean hasNoBody(Exchange exchange) {
        return exchange.protocol().startsWith("HTTP/1") && exchange.header("Transfer-Encoding") == null;
    }

    private Body spill(byte[] start, int count, InputStream stream, long length) throws IOException {
        FileChannel file = file(folder);
        try {
            long total = 0;
            byte[] chunk = start;
            for (int got = count; got >= 0; got = stream.read(chunk)) {
                total += got;
                if (total > largest) {
                    throw new TooLarge();
                }
                keep(file, chunk, got);
                if (total == length) {
                    break;
                }
            }
            return whole(new Body(file, total), length);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static void keep(FileChannel file, byte[] bytes, int count) throws NoRoom {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
        try {
            while (buffer.hasRemaining()) {
                file.write(buffer);
            }
        } catch (IOException e) {
            throw new NoRoom(e);
        }
    }

    /** A file without a name: closing it is all that is left to do, also when the container is killed. */
    public static FileChannel file(Path folder) throws NoRoom {
        try {
            // Cleaners of temporary folders may have taken it.
            Files.createDirectories(folder);
            Path path = Files.createTempFile(folder, "body", ".spool");
            // DELETE_ON_CLOSE unlinks at once on Unix.
            return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        } catch (IOException e) {
            throw new NoRoom(e);
        }
    }

    private static Body whole(Body body, long length) throws IOException {
        if (length >= 0 && body.length() != length) {
            body.close();
            throw new EOFException("the client sent " + body.length() + " of " + length + " bytes");
        }
        return body;
    }
}
