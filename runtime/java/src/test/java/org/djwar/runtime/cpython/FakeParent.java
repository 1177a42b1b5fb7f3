package org.djwar.runtime.cpython;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.djwar.runtime.Json;

/**
 * A parent inside the test's JVM. Each "worker" is a real process ({@code sleep}), so that kills are real, and threads here which
 * speak its part of the protocol until it is dead.
 */
class FakeParent implements Parent {
    /** What the application does with a request. */
    interface Application {
        void answer(Map<String, String> environ, Wire wire) throws IOException;
    }

    /** A worker thread's end of its connection. */
    static final class Wire {
        final int worker;
        final Process process;
        final byte[] inline;
        private final DataInputStream in;
        private final DataOutputStream out;
        private ByteArrayOutputStream held;

        Wire(int worker, Process process, byte[] inline, DataInputStream in, DataOutputStream out) {
            this.worker = worker;
            this.process = process;
            this.inline = inline;
            this.in = in;
            this.out = out;
        }

        void frame(char type, byte[] payload) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream data = new DataOutputStream(bytes);
            data.writeByte(type);
            data.writeInt(payload.length);
            data.write(payload);
            if (held == null) {
                out.write(bytes.toByteArray());
            } else {
                held.write(bytes.toByteArray());
            }
        }

        /** Keeps frames until {@link #flush}. */
        void hold() {
            held = new ByteArrayOutputStream();
        }

        /** Sends what was kept by one write. */
        void flush() throws IOException {
            out.write(held.toByteArray());
            held = null;
        }

        void answer(char type, int status, String head, String body) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream data = new DataOutputStream(bytes);
            data.writeShort(status);
            data.writeInt(head.length());
            data.write((head + body).getBytes(StandardCharsets.ISO_8859_1));
            frame(type, bytes.toByteArray());
        }

        byte[] pull(int wanted) throws IOException {
            frame('P', new byte[] {(byte) (wanted >>> 24), (byte) (wanted >>> 16), (byte) (wanted >>> 8), (byte) wanted});
            if (in.readByte() != 'D') {
                throw new IOException("no data");
            }
            return in.readNBytes(in.readInt());
        }

        /** Dies as by `kill -9`, and waits until the connection is seen to close. */
        void die() throws IOException {
            process.destroyForcibly();
            if (in.read() >= 0) {
                throw new IOException("still alive");
            }
        }
    }

    private final Map<String, Object> settings;
    private final Listener listener;
    private final Application application;
    private final int threads;
    private final Map<Integer, Process> workers = new ConcurrentHashMap<>();
    private final Map<Integer, AtomicInteger> running = new ConcurrentHashMap<>();
    private volatile boolean mayConnect = true;
    private final CountDownLatch end = new CountDownLatch(1);

    FakeParent(Map<String, Object> settings, Listener listener, Application application, int threads) {
        this.settings = settings;
        this.listener = listener;
        this.application = application;
        this.threads = threads;
    }

    @Override
    public void start() {
        Threads.daemon("fake", () -> listener.event(Map.of("event", "ready", "python", "3.x", "django", "5.x", "import_seconds", 0.1))).start();
    }

    /** Threads of workers which lose their connection from now on are lost. */
    void connectNoMore() {
        mayConnect = false;
    }

    /** Whether ended workers are not reported. */
    boolean isSilent() {
        return false;
    }

    @Override
    public void started() {}

    @Override
    public void send(String line) {
        if (line.equals("stop")) {
            kill();
        } else {
            fork(Integer.parseInt(line.substring("fork ".length())));
        }
    }

    private void fork(int number) {
        try {
            Process process = new ProcessBuilder("sleep", "1000").start();
            workers.put(number, process);
            running.put(number, new AtomicInteger(threads));
            for (int i = 0; i < threads; i++) {
                int thread = i;
                Threads.daemon("fake-worker", () -> serve(number, thread, process)).start();
            }
            process.onExit().thenRun(() -> {
                workers.remove(number);
                if (isSilent()) {
                    return;
                }
                Map<String, Object> event = new LinkedHashMap<>();
                event.put("event", "exited");
                event.put("worker", (double) number);
                event.put("status", -9.0);
                listener.event(event);
            });
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void serve(int number, int thread, Process process) {
        boolean isWanted = true;
        while (isWanted && process.isAlive() && mayConnect) {
            try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of((String) settings.get("socket")))) {
                process.onExit().thenRun(() -> close(channel));
                DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
                DataOutputStream out = new DataOutputStream(Channels.newOutputStream(channel));
                String hello = Json.write(Map.of("protocol", 1, "token", settings.get("token"), "worker", number, "pid", process.pid(), "thread", thread));
                new Wire(number, process, null, in, out).frame('H', hello.getBytes(StandardCharsets.UTF_8));
                for (int type = in.read(); type >= 0; type = in.read()) {
                    int length = in.readInt();
                    if (type == 'Q') {
                        isWanted = false;
                        break;
                    }
                    int environLength = in.readInt();
                    in.readByte();
                    String environ = new String(in.readNBytes(environLength), StandardCharsets.ISO_8859_1);
                    byte[] inline = in.readNBytes(length - 5 - environLength);
                    application.answer(map(environ), new Wire(number, process, inline, in, out));
                }
            } catch (IOException e) {
                // Killed, or the engine closed it in the middle of an answer: connect anew, as a real worker does.
                continue;
            }
        }
        if (running.get(number).decrementAndGet() == 0) {
            process.destroyForcibly();
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, String> map(String environ) {
        String[] parts = environ.split("\0", -1);
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < parts.length; i += 2) {
            map.put(parts[i], parts[i + 1]);
        }
        return map;
    }

    @Override
    public boolean await(long nanos) throws InterruptedException {
        return end.await(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void kill() {
        workers.values().forEach(Process::destroyForcibly);
        Threads.daemon("fake-end", () -> listener.ended("killed")).start();
        end.countDown();
    }

    @Override
    public void join(long milliseconds) {}
}
