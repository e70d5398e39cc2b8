/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.testsuite.host;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.properties.HasModifiers;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.github.nettyiocp.internal.Layout;
import io.github.nettyiocp.internal.LongPath;
import io.github.nettyiocp.internal.Memory;
import io.github.nettyiocp.internal.NtStatus;
import io.github.nettyiocp.internal.ObjectKind;
import io.github.nettyiocp.internal.Operation;
import io.github.nettyiocp.internal.StatusTable;
import io.github.nettyiocp.internal.Win32;
import io.github.nettyiocp.internal.Win32Access;
import io.github.nettyiocp.internal.WinConst;
import io.github.nettyiocp.internal.WinError;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.util.List;
import java.util.Set;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/** Which package may know which: what the pictures in the documentation say, held by a test. */
class ArchitectureTest {
    private static final String ROOT = "io.github.nettyiocp";
    /** Each may use those before it, none after it. */
    private static final List<String> LAYERS = List.of(
            ROOT + ".internal", ROOT, ROOT + ".channel", ROOT + ".pipe", ROOT + ".process");

    private static final Set<String> WINDOWS = Set.of("Win32", "Win32Access", "WinConst", "WinError", "NtStatus",
            "Layout", "Memory", "StatusTable", "ObjectKind", "Operation", "HandleMode",
            "BlockingCall", "LongPath", "OverlappedResult");

    private static JavaClasses shipped;

    @BeforeAll
    static void readClasses() {
        shipped = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .withImportOption(location -> !location.contains("/nettyiocp/testsuite/"))
                .importPackages(ROOT);
    }

    @Test
    void theClassesToJudgeAreFound() {
        assertThat(shipped.stream().map(type -> type.getPackageName()).distinct())
                .contains(ROOT, ROOT + ".internal", ROOT + ".channel", ROOT + ".pipe", ROOT + ".process")
                .isSubsetOf(LAYERS);
    }

    @Test
    void importsGoOneWay() {
        for (int lower = 0; lower < LAYERS.size(); lower++) {
            for (String upper : LAYERS.subList(lower + 1, LAYERS.size())) {
                noClasses().that().resideInAPackage(LAYERS.get(lower))
                        .should().dependOnClassesThat().resideInAPackage(upper)
                        .allowEmptyShould(true).check(shipped);
            }
        }
    }

    @Test
    void processesAreBuiltOnThePublicDoorAndTheCallsOfWindows() {
        noClasses().that().resideInAPackage(ROOT + ".process")
                .should().dependOnClassesThat(JavaClass.Predicates.resideInAPackage(ROOT + ".internal")
                        .and(DescribedPredicate.not(JavaClass.Predicates.belongToAnyOf(Win32.class, Win32Access.class,
                                WinConst.class, WinError.class, NtStatus.class, StatusTable.class, ObjectKind.class,
                                Operation.class, Layout.class, Memory.class, LongPath.class))))
                .orShould().dependOnClassesThat(JavaClass.Predicates.resideInAnyPackage(ROOT, ROOT + ".channel",
                        ROOT + ".pipe").and(DescribedPredicate.not(HasModifiers.Predicates.modifier(
                                JavaModifier.PUBLIC))))
                .check(shipped);
    }

    @Test
    void nothingButTheJdkAndNettysThreeModulesIsNeeded() {
        classes().should().onlyDependOnClassesThat()
                .resideInAnyPackage("java..", ROOT + "..", "io.netty.buffer..", "io.netty.channel..",
                        "io.netty.bootstrap..", "io.netty.util..")
                .check(shipped);
    }

    @Test
    void functionsOfWindowsAreLinkedInOnePackage() {
        noClasses().that().resideOutsideOfPackage(ROOT + ".internal")
                .should().dependOnClassesThat().areAssignableTo(Linker.class)
                .orShould().dependOnClassesThat().areAssignableTo(SymbolLookup.class)
                .check(shipped);
    }

    /** A call from Windows into Java on one of Windows' threads: the port makes it needless. */
    @Test
    void windowsNeverCallsJava() {
        noClasses().should().callMethodWhere(describe("is upcallStub", call ->
                call.getTarget().getName().equals("upcallStub"))).check(shipped);
    }

    /** What an object that is no socket needs of the library can be had by everybody, but for Windows' own calls. */
    @Test
    void directoriesFilesAndDevicesNeedTheDoorAndTheCallsOfWindowsOnly() {
        noClasses().that().haveNameMatching(".*\\.channel\\.(Directory|Device|Serial|Mailslot|Watch|Overlapped|File).*")
                .should().dependOnClassesThat(describe("are of the core", type ->
                        type.getPackageName().equals(ROOT + ".internal") && !WINDOWS.contains(type.getSimpleName())
                        || type.getPackageName().equals(ROOT) && !isPublic(type)
                        || type.getSimpleName().equals("AbstractIocpStreamChannel")))
                .check(shipped);
    }

    private static boolean isPublic(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC)
                || type.getEnclosingClass().map(outer -> isPublic(outer)).orElse(false);
    }

    @Test
    void timeComesFromTheLoopsTicker() {
        noClasses().should().callMethod(System.class, "nanoTime")
                .orShould().callMethod(System.class, "currentTimeMillis")
                .check(shipped);
    }
}
