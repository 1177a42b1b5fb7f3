package org.djwar.runtime.jakarta;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.Registration;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Registers the filter (Servlet §8.2.4), so that web.xml need not name a class of one namespace: one WAR for javax and jakarta
 * containers. Does nothing where Django is registered already, by web.xml or by {@code jetty-web.xml}.
 */
public final class DjwarInitializer implements ServletContainerInitializer {
    private static final String NAME = "djwar";

    @Override
    public void onStartup(Set<Class<?>> classes, ServletContext context) {
        Stream<? extends Registration> known = Stream.concat(
                context.getFilterRegistrations().values().stream(), context.getServletRegistrations().values().stream());
        boolean isRegistered = known.anyMatch(registration -> NAME.equals(registration.getName())
                || DjangoFilter.class.getName().equals(registration.getClassName())
                || DjangoServlet.class.getName().equals(registration.getClassName()));
        if (isRegistered) {
            return;
        }
        FilterRegistration.Dynamic filter = context.addFilter(NAME, DjangoFilter.class);
        if (filter != null) {
            filter.setAsyncSupported(true);
            // True: behind the filters that web.xml declares, for Django ends the chain.
            filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), true, "/*");
            context.addListener(DjangoListener.class);
        }
    }
}
