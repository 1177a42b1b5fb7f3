package org.djwar.runtime.cpython;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.djwar.runtime.BootFailure;
import org.djwar.runtime.Engine;
import org.djwar.runtime.Environ;
import org.djwar.runtime.ErrorPage;
import org.djwar.runtime.Log;
import org.djwar.runtime.Request;
import org.djwar.runtime.ResponseHead;

/** mod_wsgi's daemon mode for servlet containers: requests go to Python processes over a Unix socket. */
public final class CpythonEngine implements Engine {
    private static final long TICK = TimeUnit.MILLISECONDS.toNanos(250);
    private static final long MOURNING = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int RETRY_AFTER_SECONDS = 5;

    private final Map<String, Object> settings;
    private final Limits limits;
    private final Path workFolder;
    private final String name;
    private final Log log;
    private final Pool pool = new Pool();
    private final Supervisor supervisor;
    private final Conversation conversation;
    private final Overflow.Room room;
    private final Thread watchdog;
    private volatile boolean isStopping;
    private Acceptor acceptor;

    /** An engine for one application; {@code name} is for its threads. */
    public CpythonEngine(Launch launch, Limits limits, Environ environ, Path workFolder, String name, Log log) {
        this(
                (settings, listener) -> new ParentProcess(launch, settings, name, listener, log),
                launch.settings(), launch.explanation(), limits, environ, workFolder, name, log);
    }

    CpythonEngine(
            Parent.Factory parents,
            Map<String, Object> settings,
            String interpreter,
            Limits limits,
            Environ environ,
            Path workFolder,
            String name,
            Log log) {
        this.settings = settings;
        this.limits = limits;
        this.workFolder = workFolder;
        this.name = name;
        this.log = log;
        this.supervisor = new Supervisor(parents, interpreter, limits, pool, log);
        this.room = new Overflow.Room(workFolder, limits.overflow());
        this.conversation = new Conversation(pool, environ, limits.request(), room, supervisor::replace);
        this.watchdog = Threads.daemon(name + "-watchdog", this::watch);
    }

    @Override
    public void start() throws BootFailure, InterruptedException {
        try {
            acceptor = new Acceptor(workFolder, name, supervisor, log);
        } catch (IOException | UnsupportedOperationException e) {
            throw new BootFailure("no Unix socket can be made in `" + workFolder + "`: " + e.getMessage(), e);
        }
        watchdog.start();
        Map<String, Object> first = new LinkedHashMap<>();
        first.put("protocol", Frames.PROTOCOL);
        first.put("socket", acceptor.socket().toString());
        first.put("token", acceptor.token());
        first.put("hop_by_hop", String.join(",", new TreeSet<>(ResponseHead.HOP_BY_HOP)));
        first.putAll(settings);
        supervisor.start(first);
    }

    @Override
    public void handle(Request request) throws IOException {
        boolean isSecond = false;
        int met = 0;
        while (true) {
            Connection connection = pool.take(limits.queue());
            if (connection == null) {
                ErrorPage.send(request.exchange(), 503, "Busy", "All workers are busy, or the site is going down. Please try again in a moment.",
                        "", RETRY_AFTER_SECONDS);
                return;
            }
            if (request.timing() != null) {
                request.timing().taken(connection.worker.pid());
            }
            try {
                conversation.run(connection, request);
                return;
            } catch (EnvironBytes.NulInRequest e) {
                ErrorPage.send(request.exchange(), 400, "Bad request", "The request holds a NUL.");
                return;
            } catch (Conversation.NoAnswer e) {
                // One that was dead already has not seen the request; there are not more of them than workers.
                boolean isMet = e.isUnseen && !e.isTimeout && met++ <= limits.processes();
                if (!isMet && (isSecond || !mayBeRepeated(e, connection, request))) {
                    fail(request, e);
                    return;
                }
                if (!isMet) {
                    isSecond = true;
                    // Workers die together when their parent or the machine's memory ends: then the others are seen to be dead.
                    LockSupport.parkNanos(MOURNING);
                }
                request.body().rewind();
            }
        }
    }

    /** A worker may have died while it was idle: what it can't have begun, or what is safe (RFC 9110 §9.2.2), is sent once more. */
    private static boolean mayBeRepeated(Conversation.NoAnswer failure, Connection connection, Request request) {
        String method = request.exchange().method();
        boolean isSafe = method.equals("GET") || method.equals("HEAD");
        return !failure.isTimeout && !connection.hasAnswered() && (failure.isUnseen || isSafe);
    }

    private void fail(Request request, Conversation.NoAnswer e) throws IOException {
        String what = request.exchange().method() + " " + request.exchange().requestUri();
        if (e.isTimeout) {
            log.warning(what + " took longer than " + TimeUnit.NANOSECONDS.toSeconds(limits.request())
                    + " seconds (`djwar.request-timeout`): its worker was killed");
            ErrorPage.send(request.exchange(), 504, "Timed out", "The site took too long to answer.");
        } else {
            log.warning(what + " lost its worker: " + e.getCause().getMessage());
            ErrorPage.send(request.exchange(), 502, "Broken off", "The process that worked on this request has ended.");
        }
    }

    private void watch() {
        while (!isStopping) {
            LockSupport.parkNanos(TICK);
            try {
                tick(System.nanoTime());
            } catch (RuntimeException | Error e) {
                // Without it no time-out and no dead worker would ever be noticed again: also out of memory must pass.
                reportFailedTick(e);
            }
        }
    }

    /** What is due at a moment, which is now but for tests. */
    void tick(long now) {
        pool.checkDeadlines();
        pool.slowResponses(now).forEach(response -> response.takeOver(name + "-overflow"));
        Acceptor listening = acceptor;
        if (listening != null) {
            listening.checkDeadline();
            listening.checkSocket();
        }
        supervisor.tick(now);
    }

    /** Bytes of streamed responses that wait for their clients. */
    long keptOnDisk() {
        return room.used();
    }

    private void reportFailedTick(Throwable failure) {
        try {
            log.error("the watchdog failed, and goes on; please report this", failure);
        } catch (RuntimeException | Error e) {
            // The log fails too, and there is nobody else to tell.
            return;
        }
    }

    @Override
    public void stop() {
        boolean isInterrupted = Thread.interrupted();
        isInterrupted |= !isDone(() -> pool.close(limits.stop()));
        if (!isInterrupted) {
            isInterrupted = !isDone(supervisor::endWorkers);
        }
        isInterrupted |= !isDone(supervisor::endParent);
        isStopping = true;
        LockSupport.unpark(watchdog);
        isInterrupted |= !isDone(() -> watchdog.join(2000));
        if (acceptor != null) {
            isInterrupted |= !isDone(acceptor::close);
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Step {
        void run() throws InterruptedException;
    }

    /** An interrupt cuts a step's waiting short, and a failure the step; what comes after still has to be ended. */
    private boolean isDone(Step step) {
        try {
            step.run();
            return true;
        } catch (InterruptedException e) {
            return false;
        } catch (RuntimeException e) {
            log.error("a part of the engine does not stop", e);
            return true;
        }
    }

    @Override
    public long restarts() {
        return supervisor.restarts();
    }

    @Override
    public boolean recycle() {
        supervisor.recycle();
        return true;
    }

    @Override
    public boolean dumpThreads() {
        supervisor.dumpThreads();
        return true;
    }

    @Override
    public Status status() {
        return pool.status();
    }
}
