package org.djwar.runtime.cpython;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.djwar.runtime.Spool;

/**
 * The part of a streamed response that its worker has made and its client has not yet read. While the client keeps up there is
 * none, and nothing but two time stamps a part is spent on it. A client that does not keep up has the rest of its response kept in
 * a file, as far as there is room, so that it costs a container's thread and no worker.
 *
 * <p>Two threads: the <em>writer</em>, which is the container's and blocks in the client, and from {@link #isDue} on the
 * <em>reader</em>, which owns the connection until {@link #end} or {@link #handBack}.
 */
final class Overflow {
    /** How long a response may hold a worker by its client's slowness. */
    private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(500);
    /** A client that takes so many bytes a second is not slow, only the response is large. */
    private static final long FAST = 16L << 20;
    private static final int CHUNK = 64 * 1024;
    private static final int WORKING = 0;
    private static final int BLOCKED = 1;
    private static final int TAKEN = 2;

    private final Room room;
    private final AtomicInteger state = new AtomicInteger(WORKING);
    private volatile long since;
    private volatile long blocked;
    private volatile long sent;
    private volatile Consumer<Overflow> reader;

    private FileChannel file;
    private long kept;
    private long passedOn;
    private boolean isOver;
    private byte[] rest;
    private IOException failure;

    /** What all responses of an application together may keep on disk. */
    static final class Room {
        private final Path folder;
        private final long most;
        private final AtomicLong used = new AtomicLong();

        Room(Path folder, long most) {
            this.folder = folder;
            this.most = most;
        }

        private boolean take(long bytes) {
            if (used.addAndGet(bytes) <= most) {
                return true;
            }
            used.addAndGet(-bytes);
            return false;
        }

        long used() {
            return used.get();
        }
    }

    /** {@code reader}: what the watchdog's thread is to do when the client is slow. */
    Overflow(Room room, Consumer<Overflow> reader) {
        this.room = room;
        this.reader = reader;
    }

    /** Writer: from now on it is the client that is waited for. */
    void enter() {
        since = System.nanoTime();
        state.set(BLOCKED);
    }

    /** Writer: the client has taken so many bytes. False: the reader owns the connection now, and {@link #passOn} is next. */
    boolean leave(int bytes) {
        if (!state.compareAndSet(BLOCKED, WORKING)) {
            return false;
        }
        blocked += System.nanoTime() - since;
        sent += bytes;
        return true;
    }

    /** Watchdog: whether the client is slow, and the caller is to be the reader. True once, until {@link #handBack}. */
    boolean isDue(long now) {
        if (state.get() != BLOCKED || room.most == 0) {
            return false;
        }
        long total = blocked + now - since;
        boolean isSlow = total > PATIENCE && sent < (double) total / TimeUnit.SECONDS.toNanos(1) * FAST;
        return isSlow && state.compareAndSet(BLOCKED, TAKEN);
    }

    /** Watchdog: starts the reader. */
    void takeOver(String name) {
        Consumer<Overflow> task = reader;
        try {
            Threads.daemon(name, () -> task.accept(this)).start();
        } catch (RuntimeException | Error e) {
            // No thread can be had: the writer goes on as before.
            handBack(new byte[0]);
        }
    }

    /** Reader: keeps a part; false when there is no room for it. One response has a quarter of all room at most. */
    synchronized boolean keep(Part part) {
        int length = part.length();
        if (kept + length > room.most / 4 || !room.take(length)) {
            return false;
        }
        try {
            if (file == null) {
                file = Spool.file(room.folder);
            }
            ByteBuffer buffer = part.buffer();
            long at = kept;
            while (buffer.hasRemaining()) {
                at += file.write(buffer, at);
            }
        } catch (IOException e) {
            // The disk is full. Then the worker waits for its client, as it would without all this.
            room.used.addAndGet(-length);
            return false;
        }
        kept += length;
        notifyAll();
        return true;
    }

    /** Reader: there is no room for this part. The connection is the writer's again; false: it has broken off before. */
    synchronized boolean handBack(byte[] part) {
        if (isOver) {
            return false;
        }
        rest = part;
        notifyAll();
        return true;
    }

    /** Reader: the worker has sent everything, or has failed. False: the writer has broken off before. */
    synchronized boolean end(IOException how) {
        failure = how;
        boolean isFirst = !isOver;
        isOver = true;
        notifyAll();
        return isFirst;
    }

    /** Writer: the client has gone. True when the connection is the reader's, which will find it closed. */
    synchronized boolean breakOff(Connection connection) {
        if (state.get() != TAKEN || rest != null) {
            return false;
        }
        if (!isOver) {
            isOver = true;
            connection.close();
        }
        return true;
    }

    /** Writer: passes on what is kept and what comes. Null at the response's end, else the part with which it goes on by itself. */
    byte[] passOn(OutputStream output) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        while (await(output)) {
            chunk.clear();
            int count;
            synchronized (this) {
                count = file.read(chunk.limit((int) Math.min(CHUNK, kept - passedOn)), passedOn);
                if (count < 0) {
                    throw new IOException("a kept response is shorter than it was");
                }
                passedOn += count;
            }
            output.write(chunk.array(), 0, count);
        }
        return takeRest();
    }

    /** Whether there is something to pass on; the client gets all there is before anything is waited for. */
    private boolean await(OutputStream output) throws IOException {
        synchronized (this) {
            if (passedOn < kept) {
                return true;
            }
        }
        output.flush();
        synchronized (this) {
            try {
                while (passedOn == kept && !isOver && rest == null) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            return passedOn < kept;
        }
    }

    private synchronized byte[] takeRest() throws IOException {
        if (failure != null) {
            throw failure;
        }
        byte[] part = rest;
        rest = null;
        if (part != null) {
            room.used.addAndGet(-kept);
            kept = 0;
            passedOn = 0;
            state.set(WORKING);
        }
        return part;
    }

    /** Gives the room back. */
    synchronized void close() {
        reader = null;
        room.used.addAndGet(-kept);
        kept = 0;
        passedOn = 0;
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                // It has no name, and nothing of it is wanted any more.
                isOver = true;
            }
        }
    }
}
