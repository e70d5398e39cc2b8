/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.Memory;

import java.lang.foreign.Arena;

/** Makes {@code OBJECT_ATTRIBUTES}, which name an object to the functions of {@code ntdll}. */
final class NtObject {

    private NtObject() {
    }

    /**
     * @param arena where the structure lives
     * @param root a handle that the name is relative to, {@code 0} for none
     * @param name the name; an empty one means the root, or an object without a name in it
     * @param flags {@code OBJ_*}
     * @param descriptor the address of a security descriptor, {@code 0} for the default one
     * @return the address of the structure
     */
    static long attributes(Arena arena, long root, String name, int flags, long descriptor) {
        long text = Sids.wide(arena, name);
        long string = arena.allocate(Layout.UNICODE_STRING_SIZE, Long.BYTES).address();
        Memory.putShort(string + Layout.UNICODE_STRING_LENGTH, 2 * name.length());
        Memory.putShort(string + Layout.UNICODE_STRING_MAXIMUM_LENGTH, 2 * name.length());
        Memory.putLong(string + Layout.UNICODE_STRING_BUFFER, text);
        long object = arena.allocate(Layout.OBJECT_ATTRIBUTES_SIZE, Long.BYTES).address();
        Memory.putInt(object + Layout.OBJECT_ATTRIBUTES_LENGTH, Layout.OBJECT_ATTRIBUTES_SIZE);
        Memory.putLong(object + Layout.OBJECT_ATTRIBUTES_ROOT_DIRECTORY, root);
        Memory.putLong(object + Layout.OBJECT_ATTRIBUTES_OBJECT_NAME, string);
        Memory.putInt(object + Layout.OBJECT_ATTRIBUTES_ATTRIBUTES, flags);
        Memory.putLong(object + Layout.OBJECT_ATTRIBUTES_SECURITY_DESCRIPTOR, descriptor);
        return object;
    }
}
