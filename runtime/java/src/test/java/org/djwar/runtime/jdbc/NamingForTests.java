package org.djwar.runtime.jdbc;

import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import javax.naming.Context;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.spi.NamingManager;

/** A JNDI for the tests: names and what is bound to them. */
public final class NamingForTests {
    private static final Map<String, Object> BOUND = new ConcurrentHashMap<>();

    private NamingForTests() {
    }

    /** Makes it the JVM's; only once, as JNDI wants. */
    public static void install() throws NamingException {
        if (!NamingManager.hasInitialContextFactoryBuilder()) {
            NamingManager.setInitialContextFactoryBuilder(environment -> ignored -> context());
        }
    }

    public static void bind(String name, Object value) {
        BOUND.put(name, value);
    }

    public static void clear() {
        BOUND.clear();
    }

    private static Context context() {
        return (Context) Proxy.newProxyInstance(NamingForTests.class.getClassLoader(), new Class<?>[] {Context.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("lookup")) {
                        Object value = BOUND.get(String.valueOf(arguments[0]));
                        if (value == null) {
                            throw new NameNotFoundException("Name [" + arguments[0] + "] is not bound");
                        }
                        return value;
                    }
                    return null;
                });
    }
}
