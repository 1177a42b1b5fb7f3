package org.djwar.runtime.jython;

import org.bouncycastle.crypto.CryptoServicesRegistrar;
import org.bouncycastle.crypto.CryptoServicesRegistrar.Property;

/**
 * Jython's {@code ssl} is made of BouncyCastle, which leaves its defaults on the thread that loads it. They are removed when the thread goes back to the
 * container. Refers to classes that are there when {@code ssl} is imported.
 */
final class CryptoThreads {
    private CryptoThreads() {}

    /** Removes what this thread holds; what is set for all threads stays. */
    static void clean() {
        CryptoServicesRegistrar.<Object>clearThreadProperty(Property.DSA_DEFAULT_PARAMS);
        CryptoServicesRegistrar.<Object>clearThreadProperty(Property.DH_DEFAULT_PARAMS);
    }
}
