/**
 * The Java half of djwar: a servlet filter that hands requests to a Django project.
 *
 * <p>Adapters ({@code jakarta}, and {@code javax}, which the build derives from it) are thin: they implement {@link
 * org.djwar.runtime.Exchange} and {@link org.djwar.runtime.Container}. {@link org.djwar.runtime.Application} boots, {@link
 * org.djwar.runtime.Dispatcher} serves, an {@link org.djwar.runtime.Engine} runs Python. Only the adapters know servlet types.
 */
package org.djwar.runtime;
