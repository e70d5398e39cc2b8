/*
 * Copyright 2026 The netty-iocp authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except in compliance with
 * the License. You may obtain a copy of the License at https://www.apache.org/licenses/LICENSE-2.0
 */
package io.github.nettyiocp.pipe;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.EOFException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class PipeMessageAggregatorTest {

    private final List<ByteBuf> given = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(new PipeMessageAggregator(10));

    @AfterEach
    void everythingThatWasGivenIsReleased() {
        channel.finishAndReleaseAll();
        assertThat(given).allSatisfy(buffer -> assertThat(buffer.refCnt()).isZero());
    }

    @Test
    void fragmentsBecomeOneBufferWithoutACopy() {
        fragment("abc", false);
        fragment("def", false);
        assertThat(channel.inboundMessages()).isEmpty();
        fragment("gh", true);

        ByteBuf message = channel.readInbound();
        assertThat(message.toString(US_ASCII)).isEqualTo("abcdefgh");
        assertThat(message).isInstanceOf(CompositeByteBuf.class);
        given.getFirst().setByte(0, 'A');
        assertThat(message.toString(US_ASCII)).isEqualTo("Abcdefgh");
        message.release();
        assertThat(channel.inboundMessages()).isEmpty();
    }

    @Test
    void aMessageInOnePieceIsPassedOnAsItCame() {
        fragment("abc", true);
        assertThat(channel.<ByteBuf>readInbound()).isSameAs(given.getFirst());
        given.getFirst().release();
    }

    @Test
    void anEmptyMessageIsAnEmptyBuffer() {
        fragment("", true);
        assertThat(channel.<ByteBuf>readInbound().isReadable()).isFalse();
        given.getFirst().release();
        channel.writeInbound(PipeMessage.empty());
        assertThat(channel.<ByteBuf>readInbound().isReadable()).isFalse();
    }

    @Test
    void anEmptyFragmentAddsNothing() {
        fragment("abc", false);
        fragment("", false);
        fragment("", true);
        expect("abc");
        fragment("", false);
        fragment("de", true);
        expect("de");
    }

    @Test
    void messagesStayApartAndInOrder() {
        fragment("ab", false);
        fragment("c", true);
        fragment("d", true);
        fragment("", true);
        fragment("e", false);
        fragment("f", true);
        for (String message : List.of("abc", "d", "", "ef")) {
            expect(message);
        }
    }

    @Test
    void moreFragmentsThanACompositeBufferUsuallyHasAreNotCopied() {
        EmbeddedChannel wide = new EmbeddedChannel(new PipeMessageAggregator(1 << 20));
        for (int i = 0; i < 1_000; i++) {
            wide.writeInbound(new PipeMessage(buffer("x"), i == 999));
        }
        CompositeByteBuf message = wide.readInbound();
        assertThat(message.numComponents()).isEqualTo(1_000);
        assertThat(message.readableBytes()).isEqualTo(1_000);
        message.release();
        assertThat(wide.finish()).isFalse();
    }

    @Test
    void anythingElsePasses() {
        ByteBuf plain = buffer("plain");
        channel.writeInbound("text", plain);
        assertThat(channel.<String>readInbound()).isEqualTo("text");
        assertThat(channel.<ByteBuf>readInbound()).isSameAs(plain);
        plain.release();
    }

    @Test
    void aMessageOfTheLimitIsTaken() {
        fragment("0123456789", true);
        expect("0123456789");
        fragment("01234", false);
        fragment("56789", true);
        expect("0123456789");
    }

    @Test
    void aMessageThatIsTooLongIsReportedOnceAndTheNextOneIsRead() {
        fragment("01234", false);
        assertTooLong("567890", false);
        assertThat(given.getFirst().refCnt()).isZero();
        fragment("more", false);
        fragment("and the end, which is long too", true);
        assertThat(channel.inboundMessages()).isEmpty();
        fragment("next", false);
        fragment("!", true);
        expect("next!");
    }

    @Test
    void aLongMessageInOnePieceIsReportedAndTheNextOneIsRead() {
        assertTooLong("0123456789a", true);
        fragment("next", true);
        expect("next");
    }

    @Test
    void aMessageWhoseLastFragmentIsTooLongEndsWithIt() {
        fragment("0123456789", false);
        assertTooLong("a", true);
        fragment("next", true);
        expect("next");
    }

    @Test
    void theEndWithinAMessageIsReportedAndReleasesIt() {
        fragment("abc", false);
        fragment("def", false);
        channel.close();
        assertThatExceptionOfType(EOFException.class).isThrownBy(channel::checkException)
                .withMessageContaining("after 6 bytes");
        assertThat(given).allSatisfy(buffer -> assertThat(buffer.refCnt()).isZero());
    }

    @Test
    void theEndBetweenMessagesIsNotReported() {
        fragment("abc", false);
        fragment("d", true);
        expect("abcd");
        channel.close();
        channel.checkException();
    }

    @Test
    void removingTheHandlerReleasesWhatItHas() {
        fragment("abc", false);
        channel.pipeline().remove(PipeMessageAggregator.class);
        assertThat(given.getFirst().refCnt()).isZero();
        ByteBuf plain = buffer("plain");
        channel.writeInbound(plain);
        assertThat(channel.<ByteBuf>readInbound()).isSameAs(plain);
        plain.release();
    }

    @Test
    void withoutAutoReadAReadGoesOnUntilThereIsAMessage() {
        int[] reads = {0};
        EmbeddedChannel manual = new EmbeddedChannel(new ChannelOutboundHandlerAdapter() {
            @Override
            public void read(ChannelHandlerContext context) {
                reads[0]++;
                context.read();
            }
        }, new PipeMessageAggregator(10));
        manual.config().setAutoRead(false);
        reads[0] = 0;

        manual.writeInbound(new PipeMessage(buffer("abc"), false));
        assertThat(reads[0]).isEqualTo(1);
        manual.writeInbound(new PipeMessage(buffer("def"), false));
        assertThat(reads[0]).isEqualTo(2);
        manual.writeInbound(new PipeMessage(buffer("gh"), true));
        assertThat(reads[0]).isEqualTo(2);
        expect(manual, "abcdefgh");

        assertThatExceptionOfType(MessageTooLongException.class)
                .isThrownBy(() -> manual.writeInbound(new PipeMessage(buffer("0123456789abc"), false)));
        manual.flushInbound();
        assertThat(reads[0]).isEqualTo(3);
        manual.writeInbound(new PipeMessage(buffer("skipped"), true));
        assertThat(reads[0]).isEqualTo(4);
        manual.writeInbound(new PipeMessage(buffer("!"), true));
        assertThat(reads[0]).isEqualTo(4);
        expect(manual, "!");
        manual.flushInbound();
        assertThat(reads[0]).isEqualTo(4);
        assertThat(manual.finish()).isFalse();
    }

    @Test
    void anyMessagesInAnyFragmentsComeOutAsTheyWere() {
        Random random = new Random(5);
        for (int i = 0; i < 5_000; i++) {
            String message = "x".repeat(random.nextInt(10)) + (random.nextInt(4) == 0 ? "yyyyyy" : "");
            boolean tooLong = message.length() > 10;
            boolean reported = false;
            int sent = 0;
            boolean last = false;
            while (!last) {
                int length = random.nextInt(message.length() - sent + 1);
                last = sent + length == message.length() && random.nextBoolean();
                try {
                    fragment(message.substring(sent, sent + length), last);
                } catch (MessageTooLongException e) {
                    assertThat(reported).isFalse();
                    reported = true;
                }
                sent += length;
            }
            assertThat(reported).isEqualTo(tooLong);
            if (!tooLong) {
                expect(message);
            }
            assertThat(channel.inboundMessages()).isEmpty();
        }
    }

    @Test
    void aLimitBelowOneByteIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new PipeMessageAggregator(0));
        assertThatIllegalArgumentException().isThrownBy(() -> new PipeMessageAggregator(-1));
    }

    private void fragment(String text, boolean last) {
        channel.writeInbound(new PipeMessage(buffer(text), last));
    }

    private void assertTooLong(String text, boolean last) {
        assertThatExceptionOfType(MessageTooLongException.class).isThrownBy(() -> fragment(text, last))
                .withMessage("a message of more than 10 bytes: dropped");
    }

    private void expect(String text) {
        expect(channel, text);
    }

    private static void expect(EmbeddedChannel channel, String text) {
        ByteBuf message = channel.readInbound();
        assertThat(message).isNotNull();
        assertThat(message.toString(US_ASCII)).isEqualTo(text);
        message.release();
    }

    /** Never {@link Unpooled#EMPTY_BUFFER}, whose references aren't counted. */
    private ByteBuf buffer(String text) {
        ByteBuf buffer = Unpooled.buffer(text.length() + 1).writeBytes(text.getBytes(US_ASCII));
        given.add(buffer);
        return buffer;
    }
}
