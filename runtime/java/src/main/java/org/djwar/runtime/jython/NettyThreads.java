package org.djwar.runtime.jython;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;

/**
 * Jython's {@code socket} is made of Netty, which leaves its thread locals on every thread that comes by. They are removed when a thread
 * goes back to the container, whose threads outlive the application.
 */
final class NettyThreads {
    /** In {@code jython-slim}, and in {@code jython-standalone}, which renames what it holds. */
    private static final List<String> NAMES =
            List.of("io.netty.util.concurrent.FastThreadLocal", "org.python.netty.util.concurrent.FastThreadLocal");

    private volatile MethodHandle remove;

    /** Once {@code socket} has been imported. */
    void find() {
        for (String name : NAMES) {
            try {
                Class<?> type = Class.forName(name, true, NettyThreads.class.getClassLoader());
                remove = MethodHandles.publicLookup().findStatic(type, "removeAll", MethodType.methodType(void.class));
                return;
            } catch (ReflectiveOperationException | LinkageError e) {
                // The other name, or a Jython without sockets.
                continue;
            }
        }
    }

    boolean isFound() {
        return remove != null;
    }

    /** Removes what this thread holds. */
    void clean() {
        MethodHandle handle = remove;
        if (handle != null) {
            try {
                handle.invokeExact();
            } catch (Throwable e) {
                throw new IllegalStateException("Netty's thread locals can't be removed", e);
            }
        }
    }
}
