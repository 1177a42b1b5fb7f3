package org.djwar.runtime.cpython;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
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
    private final UserPrincipal owner;
    private volatile ServerSocketChannel server;
    private volatile boolean isClosed;
    private boolean isLossReported;
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
        owner = Files.getOwner(folder);
        socket = folder.resolve("s");
        server = bind(socket);
        byte[] secret = new byte[32];
        new SecureRandom().nextBytes(secret);
        token = HexFormat.of().formatHex(secret);
        thread = Threads.daemon(name + "-accept", () -> accept(listener));
        thread.start();
    }

    private static ServerSocketChannel bind(Path socket) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            return channel.bind(UnixDomainSocketAddress.of(socket), 256);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
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
        while (!isClosed) {
            try (Guest guest = new Guest(server.accept())) {
                guest.isWelcome = isWelcome(new Connection(guest.channel), listener);
            } catch (ClosedChannelException e) {
                // By close(), as the loop's condition will say, or because another has taken its place.
                log.debug("a socket was closed");
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

    /**
     * Binds anew where cleaners of temporary folders have deleted the socket. The address stays: the parent's workers know no other,
     * and those that are connected have noticed nothing.
     */
    synchronized void checkSocket() {
        if (isClosed || Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            makeFolderAgain();
            ServerSocketChannel old = server;
            server = bind(socket);
            old.close();
            isLossReported = false;
            log.warning("the workers' socket `" + socket + "` had been deleted; it has been bound anew");
        } catch (IOException e) {
            if (!isLossReported) {
                isLossReported = true;
                log.error("the workers' socket `" + socket + "` has been deleted and can't be bound anew, no worker can start: " + e, null);
            }
        }
    }

    private void makeFolderAgain() throws IOException {
        Files.createDirectories(folder.getParent());
        try {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            // In a folder which is everybody's, somebody else may have been quicker.
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS) || !Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(owner)) {
                throw new IOException("`" + folder + "` is now somebody else's", e);
            }
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        }
    }

    void close() throws InterruptedException {
        isClosed = true;
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
