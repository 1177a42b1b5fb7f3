package org.djwar.runtime;

import java.io.IOException;

/** Runs the Python side: one implementation a folder ({@code cpython}, later {@code jython}). */
public interface Engine {
    /**
     * Starts Python and imports the project; returns when requests can be served.
     *
     * @throws BootFailure when they can't
     */
    void start() throws BootFailure, InterruptedException;

    /**
     * Serves one request: answers through the exchange, also when it fails.
     *
     * @throws IOException when the client has gone, or a response broke off after its head was sent
     */
    void handle(Request request) throws IOException;

    /** Lets running requests end, then ends every process and thread. */
    void stop();

    /** How many workers were started to replace others. */
    default long restarts() {
        return 0;
    }

    /** Begins to replace all workers, one after another; false when the engine has none. */
    default boolean recycle() {
        return false;
    }

    /** Writes the stacks of Python's threads into the log; false when the JVM's own thread dump shows them. */
    default boolean dumpThreads() {
        return false;
    }

    /** How the engine is doing. */
    Status status();

    /**
     * A snapshot for logs and tests.
     *
     * @param processes worker processes that serve
     * @param capacity requests that can be served at the same time
     * @param busy requests that are being served
     * @param queued requests that wait for a worker
     */
    record Status(int processes, int capacity, int busy, int queued) {}
}
