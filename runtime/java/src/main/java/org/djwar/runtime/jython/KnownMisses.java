package org.djwar.runtime.jython;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The application's class loader as Jython asks it: {@code from django.db import models} makes it ask for a class {@code django}, at each import anew. A
 * container's loader looks for one in the JDK, in its own jars and in all of the application's, and throws an exception at each of these steps.
 */
final class KnownMisses extends ClassLoader {
    private final Set<String> missing = ConcurrentHashMap.newKeySet();

    KnownMisses(ClassLoader application) {
        super(application);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (missing.contains(name)) {
            throw new ClassNotFoundException(name);
        }
        try {
            return getParent().loadClass(name);
        } catch (ClassNotFoundException e) {
            missing.add(name);
            throw e;
        }
    }
}
