package org.djwar.runtime.cpython;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.djwar.runtime.Body;

/**
 * A worker thread's connection. Whoever took it from the pool is the only one to use it; the servlet's thread does the socket's
 * reads and writes itself, for every hand-off between threads costs more than the copying.
 */
final class Connection implements Closeable {
    final SocketChannel channel;
    final EnvironBytes request = new EnvironBytes();
    /** Set once, before the connection enters the pool. */
    Worker worker;
    /** The worker's thread, as its hello says; set as the worker is. */
    int thread;
    /** Of the last response that was streamed over it. */
    volatile Overflow overflow;
    /** When the worker has been silent for too long, by {@link System#nanoTime}; 0: nothing is due. */
    private volatile long deadline;
    private volatile boolean isTimedOut;
    private boolean hasAnswered;

    private final ByteBuffer out = ByteBuffer.allocateDirect(Frames.BUFFER);
    private final ByteBuffer in = ByteBuffer.allocateDirect(Frames.BUFFER).limit(0);
    private int payload;

    Connection(SocketChannel channel) {
        this.channel = channel;
    }

    /** Sends the request frame that has been built: one system call when it fits the buffer. */
    void sendRequest() throws IOException {
        hasAnswered = false;
        ByteBuffer frame = out;
        if (request.length() <= out.capacity()) {
            out.clear().put(request.bytes(), 0, request.length()).flip();
        } else {
            frame = ByteBuffer.wrap(request.bytes(), 0, request.length());
        }
        write(frame);
    }

    /** Answers a pull: up to {@code wanted} bytes of the body, none at its end. */
    void sendData(Body body, int wanted) throws IOException {
        out.clear().put(Frames.DATA).putInt(0);
        out.limit((int) Math.min(out.capacity(), (long) Frames.HEADER + wanted));
        try {
            body.read(out);
        } catch (IOException e) {
            write(out.clear().put(Frames.ABORT).putInt(0).flip());
            return;
        }
        out.flip();
        out.putInt(1, out.limit() - Frames.HEADER);
        write(out);
    }

    /** Answers an offer of a file. */
    void sendConsent(boolean isTaken) throws IOException {
        write(out.clear().put(isTaken ? Frames.TAKEN : Frames.REFUSED).putInt(0).flip());
    }

    /** Waits for a frame and gives its type; {@link #payload} has its length. */
    byte nextFrame() throws IOException {
        while (in.remaining() < Frames.HEADER) {
            fill();
        }
        byte type = in.get();
        payload = in.getInt();
        if (payload < 0 || payload > Frames.LARGEST_PAYLOAD) {
            throw new IOException("a frame of " + Integer.toUnsignedString(payload) + " bytes breaks the protocol");
        }
        return type;
    }

    /** Takes the whole payload of the frame that {@link #nextFrame} found. */
    byte[] takePayload() throws IOException {
        byte[] bytes = new byte[payload];
        take(bytes);
        return bytes;
    }

    /** The same, in a buffer that is used again and again: a large response leaves nothing for the collector. */
    void takePayload(Part part) throws IOException {
        take(part.reserve(payload));
    }

    private void take(byte[] bytes) throws IOException {
        int count = Math.min(payload, in.remaining());
        in.get(bytes, 0, count);
        while (count < payload) {
            fill();
            int more = Math.min(payload - count, in.remaining());
            in.get(bytes, count, more);
            count += more;
        }
    }

    private void fill() throws IOException {
        if (in.hasRemaining()) {
            in.compact();
        } else {
            in.clear();
        }
        int got;
        try {
            got = channel.read(in);
        } finally {
            in.flip();
        }
        if (got < 0) {
            throw new EOFException("the worker has gone");
        }
        hasAnswered = true;
    }

    private void write(ByteBuffer buffer) throws IOException {
        do {
            channel.write(buffer);
        } while (buffer.hasRemaining());
    }

    /** Whether the worker has sent anything since the request. */
    boolean hasAnswered() {
        return hasAnswered;
    }

    /** Whether more came than was asked for: the two sides no longer agree. */
    boolean hasLeftovers() {
        return in.hasRemaining();
    }

    /** From now on the worker is expected to send something in {@code nanos}; 0: whenever it likes. */
    void expect(long nanos) {
        deadline = nanos == 0 ? 0 : System.nanoTime() + nanos | 1;
    }

    /** Whether the deadline has passed; true once. */
    boolean hasRunOut(long now) {
        long due = deadline;
        if (due == 0 || now - due <= 0) {
            return false;
        }
        isTimedOut = true;
        deadline = 0;
        return true;
    }

    boolean isTimedOut() {
        return isTimedOut;
    }

    /** Closes an idle connection whose thread is to end; without this frame it would connect anew. */
    void retire() {
        try {
            write(out.clear().put(Frames.RETIRE).putInt(0).flip());
        } catch (IOException e) {
            // The worker has gone already.
            deadline = 0;
        }
        close();
    }

    @Override
    public void close() {
        deadline = 0;
        try {
            channel.close();
        } catch (IOException e) {
            // Closing is all that was wanted.
            return;
        }
    }
}
