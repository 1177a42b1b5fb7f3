package org.djwar.runtime.jython;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.djwar.runtime.Log;
import org.python.core.PyType;

/**
 * Jython keeps its type of each Java class in a {@code ClassValue}, which is to say on the classes themselves: some 245 of the JDK's
 * would keep the application's class loader after an undeploy, where no heap dump shows them. This one keeps them in a map
 * of the application's own.
 */
final class TypeRegistry extends ClassValue<PyType> {
    private final ConcurrentMap<Class<?>, PyType> types = new ConcurrentHashMap<>();
    private final Object original;
    private final Method compute;

    private TypeRegistry(Object original) throws NoSuchMethodException {
        this.original = original;
        this.compute = original.getClass().getDeclaredMethod("computeValue", Class.class);
        this.compute.setAccessible(true);
    }

    /** Before the first of Jython's classes is initialised. Not for a Jython that several applications share: it outlives them. */
    static void install(Log log) {
        try {
            ClassLoader loader = TypeRegistry.class.getClassLoader();
            Class<?> registry = Class.forName("org.python.core.PyType$Registry", true, loader);
            if (registry.getClassLoader() != loader) {
                return;
            }
            Field field = registry.getDeclaredField("classToType");
            field.setAccessible(true);
            Object original = field.get(null);
            if (!(original instanceof TypeRegistry)) {
                field.set(null, new TypeRegistry(original));
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            log.warning("this Jython's registry of types is unknown to djwar, so its memory will not be free after an undeploy: " + e);
        }
    }

    @Override
    public PyType get(Class<?> type) {
        PyType known = types.get(type);
        if (known != null) {
            return known;
        }
        PyType computed = computeValue(type);
        PyType first = types.putIfAbsent(type, computed);
        return first != null ? first : computed;
    }

    @Override
    public void remove(Class<?> type) {
        types.remove(type);
    }

    @Override
    protected PyType computeValue(Class<?> type) {
        try {
            return (PyType) compute.invoke(original, type);
        } catch (InvocationTargetException e) {
            // Jython's own IncompleteType, which its caller waits for, among others.
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
