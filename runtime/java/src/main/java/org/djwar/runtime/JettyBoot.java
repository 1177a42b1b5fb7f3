package org.djwar.runtime;

import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.Set;

/**
 * Registers the filter in Jetty, from {@code WEB-INF/jetty-web.xml}: without its annotations module Jetty runs no {@code
 * ServletContainerInitializer} (Servlet §8.2.4). All by reflection, because Jetty 9.4 to 12 (ee8, ee9, ee10) name the same
 * classes differently.
 */
public final class JettyBoot {
    private static final String FILTER = "djwar";

    private JettyBoot() {}

    /** Adds the filter to a {@code WebAppContext}. */
    public static void boot(Object context) throws ReflectiveOperationException {
        Object servletContext = context.getClass().getMethod("getServletContext").invoke(context);
        String namespace = namespace(servletContext.getClass());
        for (Method method : context.getClass().getMethods()) {
            Class<?>[] types = method.getParameterTypes();
            boolean isWanted = method.getName().equals("addFilter") && types.length == 3
                    && types[0].getSimpleName().equals("FilterHolder") && types[1] == String.class;
            if (isWanted) {
                Object holder = types[0].getConstructor().newInstance();
                // The name first: addFilter would make one up, and our initializer looks for this one.
                types[0].getMethod("setName", String.class).invoke(holder, FILTER);
                types[0].getMethod("setClassName", String.class)
                        .invoke(holder, "org.djwar.runtime." + namespace + ".DjangoFilter");
                types[0].getMethod("setAsyncSupported", boolean.class).invoke(holder, true);
                // Null: Jetty's default, REQUEST, or ASYNC as well.
                method.invoke(context, holder, "/*", null);
                return;
            }
        }
        throw new NoSuchMethodException("this Jetty's " + context.getClass().getName() + " has no addFilter(FilterHolder, String, EnumSet)");
    }

    /** From the context's own type, not by {@code Class.forName}: Jetty 12 can hold both servlet APIs. */
    private static String namespace(Class<?> type) {
        Set<String> names = new HashSet<>();
        collect(type, names);
        return names.contains("jakarta.servlet.ServletContext") ? "jakarta" : "javax";
    }

    private static void collect(Class<?> type, Set<String> names) {
        if (type == null) {
            return;
        }
        for (Class<?> each : type.getInterfaces()) {
            names.add(each.getName());
            collect(each, names);
        }
        collect(type.getSuperclass(), names);
    }
}
