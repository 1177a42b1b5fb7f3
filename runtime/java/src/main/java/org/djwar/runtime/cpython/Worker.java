package org.djwar.runtime.cpython;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** One worker process as the engine knows it. The pool's lock guards what is not volatile. */
final class Worker {
    final int number;
    final int lifetime;
    final long forkedAt = System.nanoTime();
    /** Holds the process's start time too, so that a kill never meets another process which got the same pid. */
    volatile ProcessHandle process;
    /** The worker that ends when this one is warm, or null. The supervisor's lock guards it. */
    Worker replaces;
    /** The worker that will take over, or null. The supervisor's lock guards it. */
    Worker replacement;
    /** When it had lost its last connection while retiring; 0 before. */
    volatile long retiredAt;
    /** When it was killed, or seen to be dead; 0 before. */
    volatile long killedAt;

    final Deque<Connection> idle = new ArrayDeque<>();
    int connections;
    int busy;
    int served;
    /** The connection of each thread, and since when a thread has none any more. */
    final Map<Integer, Connection> byThread = new HashMap<>();
    final Map<Integer, Long> absentSince = new HashMap<>();
    boolean hasConnected;
    boolean isRetiring;
    /** Its process has ended, or is about to be killed. */
    boolean isGone;

    Worker(int number, int lifetime) {
        this.number = number;
        this.lifetime = lifetime;
    }

    /** Whether its process has ended, also when nobody has reaped it: such a one has no executable any more. */
    boolean isDead() {
        ProcessHandle handle = process;
        return handle != null && (!handle.isAlive() || handle.info().command().isEmpty());
    }

    /** 0 when it isn't known yet. */
    long pid() {
        ProcessHandle handle = process;
        return handle == null ? 0 : handle.pid();
    }

    void kill() {
        killedAt = System.nanoTime() | 1;
        ProcessHandle handle = process;
        if (handle != null) {
            handle.destroyForcibly();
        }
    }
}
