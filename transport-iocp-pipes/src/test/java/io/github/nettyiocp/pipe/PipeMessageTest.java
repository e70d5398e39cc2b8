/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

class PipeMessageTest {

    private final ByteBuf content = Unpooled.copiedBuffer("hello", US_ASCII);

    @Test
    void aMessageIsWholeAndAFragmentSaysWhetherItIsTheLast() {
        assertThat(PipeMessage.of(content).isLast()).isTrue();
        assertThat(new PipeMessage(content, true).isLast()).isTrue();
        assertThat(new PipeMessage(content, false).isLast()).isFalse();
        assertThat(PipeMessage.of(content).content()).isSameAs(content);
    }

    @Test
    void theEmptyMessageIsWholeAndNeedsNoRelease() {
        PipeMessage empty = PipeMessage.empty();
        assertThat(empty.isLast()).isTrue();
        assertThat(empty.content().isReadable()).isFalse();
        assertThat(empty.release()).isFalse();
        assertThat(PipeMessage.empty().content().isReadable()).isFalse();
    }

    @Test
    void referencesAreThoseOfTheContent() {
        PipeMessage message = new PipeMessage(content, false);
        assertThat(message.retain()).isSameAs(message);
        assertThat(message.retain(2)).isSameAs(message);
        assertThat(message.touch()).isSameAs(message);
        assertThat(message.touch("here")).isSameAs(message);
        assertThat(content.refCnt()).isEqualTo(4);
        assertThat(message.release(3)).isFalse();
        assertThat(message.release()).isTrue();
        assertThat(content.refCnt()).isZero();
    }

    @Test
    void whatIsMadeOfAFragmentSaysTheSame() {
        for (boolean last : new boolean[] {true, false}) {
            PipeMessage message = new PipeMessage(content, last);
            PipeMessage copy = message.copy();
            assertThat(copy).isEqualTo(message);
            assertThat(copy.isLast()).isEqualTo(last);
            assertThat(message.duplicate().isLast()).isEqualTo(last);
            PipeMessage retained = message.retainedDuplicate();
            assertThat(retained.isLast()).isEqualTo(last);
            PipeMessage replaced = message.replace(Unpooled.copiedBuffer("other", US_ASCII));
            assertThat(replaced.isLast()).isEqualTo(last);
            assertThat(replaced.content().toString(US_ASCII)).isEqualTo("other");
            assertThat(copy.release()).isTrue();
            assertThat(replaced.release()).isTrue();
            assertThat(retained.release()).isFalse();
        }
        assertThat(content.release()).isTrue();
    }

    @Test
    void equalMessagesHaveTheSameContentAndTheSameEnd() {
        PipeMessage message = PipeMessage.of(content);
        assertThat(message).isEqualTo(new PipeMessage(Unpooled.copiedBuffer("hello", US_ASCII), true))
                .hasSameHashCodeAs(new PipeMessage(Unpooled.copiedBuffer("hello", US_ASCII), true))
                .isNotEqualTo(new PipeMessage(content, false))
                .isNotEqualTo(PipeMessage.of(Unpooled.copiedBuffer("hallo", US_ASCII)))
                .isNotEqualTo(content);
    }

    @Test
    void theTextTellsWhetherMoreFollows() {
        assertThat(PipeMessage.of(content).toString()).startsWith("PipeMessage(").endsWith(", last)");
        assertThat(new PipeMessage(content, false).toString()).endsWith(", more follows)");
    }

    @Test
    void aMessageNeedsContent() {
        assertThatNullPointerException().isThrownBy(() -> PipeMessage.of(null));
    }
}
