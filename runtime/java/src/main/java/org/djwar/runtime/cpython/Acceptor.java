package org.djwar.runtime.cpython;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.djwar.runtime.Json;
import org.djwar.runtime.Log;

/** The engine's socket: worker threads connect, say hello with the token, and become capacity. */
final class Acceptor {
    /** {@code sun_path} holds 108 bytes on Linux, 104 elsewhere. */
    private static final int LONGEST_PATH = 100;
    private static final long HELLO_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Path folder;
    private final Path socket;
    private final ServerSocketChannel server;
    private final String token;
    private final Thread thread;
    private final Log log;
    private volatile Connection greeting;
    private volatile long greetingDue;

    /** Hears of threads that said hello. */
    interface Listener {
        /** A connection of a worker; false when it is not wanted. */
        boolean connected(Connection connection, int worker, long pid, int thread);
    }

    Acceptor(Path workFolder, String name, Listener listener, Log log) throws IOException {
        this.log = log;
        folder = folder(workFolder);
        socket = folder.resolve("s");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket), 256);
        byte[] secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        token = HexFormat.of().formatHex(secret);
        thread = Threads.daemon(name + "-accept", () -> accept(listener));
        thread.start();
    }

    private static Path folder(Path workFolder) throws IOException {
        // createTempDirectory makes it 0700: nobody else may even try the token.
        Path folder = Files.createTempDirectory(workFolder, "s");
        if (folder.resolve("s").toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
            Files.delete(folder);
            folder = Files.createTempDirectory("djwar");
        }
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        return folder;
    }

    Path socket() {
        return socket;
    }

    String token() {
        return token;
    }

    private void accept(Listener listener) {
        while (server.isOpen()) {
            try (Guest guest = new Guest(server.accept())) {
                guest.isWelcome = isWelcome(new Connection(guest.channel), listener);
            } catch (ClosedChannelException e) {
                // By close(), as the loop's condition will say.
                log.debug("the socket is closed");
            } catch (IOException | RuntimeException | Error e) {
                // Most probably no file descriptors, or no memory: neither stays so, but workers must be able to come for ever.
                report(e);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    /** An accepted channel, closed unless it became a connection of the pool's. */
    private static final class Guest implements AutoCloseable {
        final SocketChannel channel;
        boolean isWelcome;

        Guest(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void close() throws IOException {
            if (!isWelcome) {
                channel.close();
            }
        }
    }

    private boolean isWelcome(Connection connection, Listener listener) {
        greetingDue = System.nanoTime() + HELLO_NANOS;
        greeting = connection;
        boolean isWelcome = false;
        try {
            isWelcome = connection.nextFrame() == Frames.HELLO && hello(connection, listener);
        } catch (IOException | RuntimeException e) {
            log.debug("a connection without a hello: " + e);
        } finally {
            greeting = null;
        }
        if (!isWelcome) {
            connection.retire();
        }
        return isWelcome;
    }

    private void report(Throwable failure) {
        try {
            log.warning("a worker's connection could not be accepted, trying again: " + failure);
        } catch (RuntimeException | Error e) {
            // The log lacks the same, and there is nobody else to tell.
            return;
        }
    }

    private boolean hello(Connection connection, Listener listener) throws IOException {
        Map<String, Object> hello = Json.object(new String(connection.takePayload(), StandardCharsets.UTF_8));
        byte[] said = String.valueOf(hello.get("token")).getBytes(StandardCharsets.UTF_8);
        if (!MessageDigest.isEqual(said, token.getBytes(StandardCharsets.UTF_8))) {
            log.warning("a connection with a wrong token was refused");
            return false;
        }
        return hello.get("protocol") instanceof Double protocol
                && protocol == Frames.PROTOCOL
                && hello.get("worker") instanceof Double worker
                && hello.get("pid") instanceof Double pid
                && hello.get("thread") instanceof Double number
                && listener.connected(connection, worker.intValue(), pid.longValue(), number.intValue());
    }

    /** Closes a connection whose hello does not come: Unix sockets have no time-outs of their own. */
    void checkDeadline() {
        Connection waiting = greeting;
        if (waiting != null && System.nanoTime() - greetingDue > 0) {
            waiting.close();
        }
    }

    void close() throws InterruptedException {
        try {
            server.close();
        } catch (IOException e) {
            log.debug("closing the socket: " + e);
        }
        try {
            LockSupport.unpark(thread);
            thread.join(2000);
        } finally {
            removeFiles();
        }
    }

    private void removeFiles() {
        try {
            Files.deleteIfExists(socket);
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            log.debug("removing the socket: " + e);
        }
    }
}
