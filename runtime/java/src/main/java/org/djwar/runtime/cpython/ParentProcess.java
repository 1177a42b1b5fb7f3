package org.djwar.runtime.cpython;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.djwar.runtime.Json;
import org.djwar.runtime.Log;

/**
 * The parent: one Python process, and the threads that talk with it.
 *
 * <p>It is started by a thread of its own which then waits for its end. The kernel sends the parent-death signal when the
 * <em>thread</em> that started a process ends, not the JVM: a container's deployment thread would take Python along.
 */
final class ParentProcess implements Parent {
    private final Launch launch;
    private final Listener listener;
    private final Log log;
    private final PythonLog output;
    private final Thread keeper;
    private volatile Process process;
    private volatile boolean isKilled;
    /** What was sent before there was a process. */
    private final List<String> early = new ArrayList<>();
    private boolean isSettled;
    private volatile Thread events;
    private volatile Thread lines;

    ParentProcess(Launch launch, Map<String, Object> settings, String name, Listener listener, Log log) {
        this.launch = launch;
        this.listener = listener;
        this.log = log;
        this.output = new PythonLog(log);
        this.keeper = Threads.daemon(name + "-parent", () -> keep(settings, name));
    }

    @Override
    public void start() {
        keeper.start();
    }

    private void keep(Map<String, Object> settings, String name) {
        String how;
        try {
            ProcessBuilder builder = new ProcessBuilder(launch.command()).directory(launch.folder().toFile());
            builder.environment().clear();
            builder.environment().putAll(launch.environment());
            Process started = builder.start();
            process = started;
            if (isKilled) {
                // By a stop in this very moment, which had no process to kill yet.
                started.destroyForcibly();
            }
            events = Threads.daemon(name + "-events", () -> readEvents(started));
            lines = Threads.daemon(name + "-log", () -> output.read(started.getErrorStream()));
            events.start();
            lines.start();
            sendFirst(started, Json.write(settings));
            int status = started.waitFor();
            // What it said last explains why it ended.
            lines.join(1000);
            events.join(1000);
            how = StartTrouble.explain(status, output.lastLines(), launch.explanation());
        } catch (IOException e) {
            how = StartTrouble.explain(e, launch.explanation());
        } catch (InterruptedException e) {
            kill();
            how = "interrupted";
        }
        listener.ended(how);
    }

    private void readEvents(Process started) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                try {
                    listener.event(Json.object(line));
                } catch (IllegalArgumentException | ClassCastException e) {
                    log.warning("an event line which is none: " + line);
                }
            }
        } catch (IOException e) {
            log.debug("the event channel closed: " + e.getMessage());
        }
    }

    @Override
    public void started() {
        output.forget();
    }

    /** Writes a control line; a parent that has gone is noticed elsewhere. */
    @Override
    public synchronized void send(String line) {
        Process running = isSettled ? process : null;
        if (running == null) {
            early.add(line);
        } else {
            write(running, line);
        }
    }

    private synchronized void sendFirst(Process started, String settings) {
        isSettled = true;
        write(started, settings);
        early.forEach(line -> write(started, line));
        early.clear();
    }

    private void write(Process running, String line) {
        try {
            OutputStream stream = running.getOutputStream();
            stream.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            stream.flush();
        } catch (IOException e) {
            log.debug("the control channel closed: " + e.getMessage());
        }
    }

    @Override
    public boolean await(long nanos) throws InterruptedException {
        Process running = process;
        if (running != null) {
            return running.waitFor(nanos, TimeUnit.NANOSECONDS);
        }
        // It is being started, or could not be.
        keeper.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
        return !keeper.isAlive();
    }

    @Override
    public void kill() {
        isKilled = true;
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
        }
    }

    @Override
    public void join(long milliseconds) throws InterruptedException {
        for (Thread thread : new Thread[] {keeper, events, lines}) {
            if (thread != null && thread != Thread.currentThread()) {
                thread.join(milliseconds);
            }
        }
    }
}
