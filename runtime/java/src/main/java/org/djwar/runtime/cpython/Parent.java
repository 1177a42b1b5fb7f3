package org.djwar.runtime.cpython;

import java.util.Map;

/** The parent process as the supervisor sees it; tests put one of their own here, which needs no Python. */
interface Parent {
    /** Starts it; what happens next is told to the listener. */
    void start();

    /** The project has been imported. */
    void started();

    /** Writes a control line. */
    void send(String line);

    /** Waits up to {@code nanos} for its end; true when it came. */
    boolean await(long nanos) throws InterruptedException;

    /** Ends it at once. */
    void kill();

    /** Waits for its threads, so that none outlives the application's class loader. */
    void join(long milliseconds) throws InterruptedException;

    /** Hears what happens to the parent. */
    interface Listener {
        /** An event line. */
        void event(Map<String, Object> event);

        /** The process has ended, or could not be started. */
        void ended(String how);
    }

    /** Makes parents: one at the start, and another whenever one has died. */
    @FunctionalInterface
    interface Factory {
        /** A parent which has not been started; {@code settings} is its first line. */
        Parent make(Map<String, Object> settings, Listener listener);
    }
}
