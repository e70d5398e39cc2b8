/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.simulation;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Loads the library and the simulation a second time, with one source file compiled from its {@link Mutant}. The
 * classes
 * of a mutant exist in memory only, and nothing of them can be in what is shipped.
 */
final class MutantLoader extends URLClassLoader {

    private static final String OURS = "io.github.nettyiocp.";

    private final Map<String, byte[]> mutated;

    /** Loads a mutant, or the code as it is with {@code null}. */
    MutantLoader(Mutant mutant) throws IOException {
        super(classPath(), MutantLoader.class.getClassLoader());
        mutated = mutant == null ? Map.of() : compile(mutant);
    }

    /** Runs the random program of a seed; what is wrong, or {@code null}. */
    String run(long seed) throws ReflectiveOperationException {
        Class<?> program = loadClass(OURS + "testsuite.simulation.RandomProgram");
        Object result;
        try {
            result = program.getMethod("run", long.class, Appendable.class).invoke(null, seed, null);
        } catch (InvocationTargetException e) {
            return String.valueOf(e.getCause());
        }
        Throwable error = (Throwable) result.getClass().getMethod("error").invoke(result);
        return error == null ? null : error.getMessage().lines().findFirst().orElse("");
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null) {
                byte[] bytes = mutated.get(name);
                loaded = bytes == null ? findClass(name) : defineClass(name, bytes, 0, bytes.length);
            }
            return loaded;
        }
    }

    private static URL[] classPath() throws IOException {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        // Where the tests were started by a jar that names the others in its manifest.
        urls.add(location(MutantLoader.class));
        urls.add(location(io.github.nettyiocp.IocpIoHandler.class));
        urls.add(location(io.github.nettyiocp.pipe.NamedPipeChannel.class));
        return urls.toArray(new URL[0]);
    }

    private static URL location(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    private static Path source(String file) {
        String path = (file.startsWith("pipe/") || file.startsWith("process/") ? "transport-iocp-pipes"
                : "transport-iocp")
                + "/src/main/java/io/github/nettyiocp/" + file;
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve(path))) {
                return folder.resolve(path);
            }
        }
        throw new IllegalStateException("no " + path + " above " + Path.of("").toAbsolutePath());
    }

    private static Map<String, byte[]> compile(Mutant mutant) throws IOException {
        String source = mutant.apply(Files.readString(source(mutant.file())));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Map<String, ByteArrayOutputStream> outputs = new HashMap<>();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager standard = compiler.getStandardFileManager(null, null, null);
             JavaFileManager manager = new InMemory(standard, outputs)) {
            StringBuilder classPath = new StringBuilder();
            for (URL url : classPath()) {
                classPath.append(Path.of(URI.create(url.toString()))).append(java.io.File.pathSeparatorChar);
            }
            JavaFileObject unit = new SimpleJavaFileObject(URI.create("string:///" + mutant.file()),
                    JavaFileObject.Kind.SOURCE) {
                @Override
                public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                    return source;
                }
            };
            if (!compiler.getTask(messages, manager, null, List.of("-proc:none", "-nowarn", "-cp",
                    classPath.toString()), null, List.of(unit)).call()) {
                throw new IllegalStateException("mutant \"" + mutant.name() + "\" does not compile:\n" + messages);
            }
        }
        Map<String, byte[]> classes = new HashMap<>();
        outputs.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
        return classes;
    }

    private static final class InMemory extends ForwardingJavaFileManager<StandardJavaFileManager> {
        private final Map<String, ByteArrayOutputStream> outputs;

        InMemory(StandardJavaFileManager manager, Map<String, ByteArrayOutputStream> outputs) {
            super(manager);
            this.outputs = outputs;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(Location location, String className, JavaFileObject.Kind kind,
                                                   FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("memory:///" + className.replace('.', '/') + ".class"), kind) {
                @Override
                public OutputStream openOutputStream() {
                    return outputs.computeIfAbsent(className, name -> new ByteArrayOutputStream());
                }
            };
        }
    }
}
