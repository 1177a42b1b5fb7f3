package org.djwar.runtime.cpython;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.djwar.runtime.TruncatedResponse;

/**
 * A file that an application answers with, opened a second time through the worker's own descriptor: {@code /proc/PID/fd/N} is the
 * very file that the application has open, whatever its name means by now, and no name is sent or trusted. The worker need not
 * wait for the client then.
 */
final class HandedFile implements Closeable {
    private static final int CHUNK = 64 * 1024;
    /** u32 descriptor, u64 position, u64 length. */
    private static final int PLACE = 20;

    private final FileChannel file;
    private final long end;
    private long at;

    private HandedFile(FileChannel file, long at, long end) {
        this.file = file;
        this.at = at;
        this.end = end;
    }

    /** What the place at {@code from} of an offer says; null where it can't be opened here, so that the worker has to send it. */
    static HandedFile open(long pid, byte[] offer, int from) {
        if (pid <= 0 || offer.length - from != PLACE) {
            return null;
        }
        ByteBuffer place = ByteBuffer.wrap(offer, from, PLACE);
        Path path = Path.of("/proc/" + pid + "/fd/" + Integer.toUnsignedString(place.getInt()));
        long at = place.getLong();
        long length = place.getLong();
        FileChannel file = null;
        try {
            // Opening a pipe would wait for somebody who writes to it.
            if (at >= 0 && length >= 0 && Files.isRegularFile(path)) {
                file = FileChannel.open(path, StandardOpenOption.READ);
                if (length <= file.size() - at) {
                    return new HandedFile(file, at, at + length);
                }
                file.close();
            }
        } catch (IOException | SecurityException e) {
            // Such as a hardened /proc; the worker reads the file itself.
            closeQuietly(file);
        }
        return null;
    }

    private static void closeQuietly(FileChannel file) {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            // Nothing was written to it.
            return;
        }
    }

    long length() {
        return end - at;
    }

    /** Sends it all; fails when the file has become shorter meanwhile. */
    void send(OutputStream output) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        while (at < end) {
            chunk.clear().limit((int) Math.min(CHUNK, end - at));
            int count = file.read(chunk, at);
            if (count < 0) {
                throw new TruncatedResponse("the file that was sent has become shorter");
            }
            at += count;
            output.write(chunk.array(), 0, count);
        }
    }

    @Override
    public void close() {
        closeQuietly(file);
    }
}
