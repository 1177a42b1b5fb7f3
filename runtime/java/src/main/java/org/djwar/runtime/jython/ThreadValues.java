package org.djwar.runtime.jython;

import java.lang.reflect.Field;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.djwar.runtime.Log;
import org.python.core.PyNewWrapper;
import org.python.core.PyObject;
import org.python.core.PyType;
import org.python.modules.thread.PyLocal;

/**
 * The values of a {@code threading.local}, kept by the application instead of the container's threads, which outlive it: a stale entry of
 * a {@code ThreadLocal} keeps its value, and so our class loader, until the thread happens to sweep it.
 */
final class ThreadValues extends ThreadLocal<Object[]> {
    private static final int FIRST_SWEEP = 64;

    private final ConcurrentMap<Thread, Object[]> values = new ConcurrentHashMap<>();
    private volatile int sweepAt = FIRST_SWEEP;

    /** Makes every {@code threading.local} from now on one of these. Not in a Jython that several applications share. */
    static void install(Log log) {
        if (PyLocal.class.getClassLoader() != ThreadValues.class.getClassLoader()) {
            return;
        }
        try {
            Field field = PyLocal.class.getDeclaredField("tdict");
            field.setAccessible(true);
            PyObject dictionary = PyLocal.TYPE.fastGetDict();
            PyObject original = dictionary.__finditem__("__new__");
            if (original instanceof PyNewWrapper wrapper && !(original instanceof New)) {
                dictionary.__setitem__("__new__", new New(wrapper, field));
            }
        } catch (ReflectiveOperationException | RuntimeException e) {
            log.warning("this Jython's `threading.local` is unknown to djwar, so its memory will not be free at once after an undeploy: " + e);
        }
    }

    /** {@code threading.local.__new__}. */
    private static final class New extends PyNewWrapper {
        private static final long serialVersionUID = 1;

        private final transient PyNewWrapper original;
        private final transient Field field;

        New(PyNewWrapper original, Field field) {
            super(PyLocal.TYPE, "__new__", -1, -1);
            this.original = original;
            this.field = field;
        }

        @Override
        public PyObject new_impl(boolean init, PyType subtype, PyObject[] args, String[] keywords) {
            PyObject made = original.new_impl(init, subtype, args, keywords);
            try {
                @SuppressWarnings("unchecked")
                ThreadLocal<Object[]> old = (ThreadLocal<Object[]>) field.get(made);
                ThreadValues own = new ThreadValues();
                own.set(old.get());
                old.remove();
                field.set(made, own);
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
            return made;
        }
    }

    @Override
    public Object[] get() {
        Thread thread = Thread.currentThread();
        Object[] value = values.get(thread);
        if (value == null) {
            value = new Object[1];
            values.put(thread, value);
            if (values.size() > sweepAt) {
                values.keySet().removeIf(each -> !each.isAlive());
                sweepAt = Math.max(FIRST_SWEEP, values.size() * 2);
            }
        }
        return value;
    }

    @Override
    public void set(Object[] value) {
        values.put(Thread.currentThread(), value);
    }

    @Override
    public void remove() {
        values.remove(Thread.currentThread());
    }
}
