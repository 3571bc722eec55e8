using System.Text;
using CityBrain.Host;
using CityBrain.Ingest.Feeds;
using CityBrain.Model;
using CityBrain.Street;
using CityBrain.Testing;

namespace CityBrain.Tests.Host;

public sealed class ReceiptTests
{
    private readonly City _city = TinyCity.Build();
    private readonly int _button;

    public ReceiptTests() => Assert.True(_city.TryDetector("button", out _button));

    private CityEvent Press(long timeMs, uint sequence) =>
        new(timeMs, _button, EventKind.Button, 1, 0, 0, 0, 0, sequence);

    [Fact]
    public void A_repeated_press_is_known_and_one_of_the_same_number_at_another_time_is_new()
    {
        var book = new ReceiptBook(_city);
        Assert.True(book.TryNote(Press(1000, 1), 1000));
        Assert.False(book.TryNote(Press(1000, 1), 5000));
        Assert.True(book.TryNote(Press(2000, 1), 5000));
        Assert.Equal((1, 0, 0), (book.Repeated, book.TooOld, book.TooEarly));
    }

    [Fact]
    public void A_press_too_old_to_be_told_from_a_forgotten_one_is_refused()
    {
        var book = new ReceiptBook(_city);
        for (uint i = 1; i <= 200; i++) Assert.True(book.TryNote(Press(i * 1000, i), 200_000));
        Assert.False(book.TryNote(Press(50_000, 50), 200_000));
        Assert.False(book.Knows(Press(50_000, 50)));
        Assert.Equal(1, book.TooOld);
    }

    [Fact]
    public void A_press_from_the_future_is_refused_and_taken_when_its_time_has_come()
    {
        var book = new ReceiptBook(_city);
        Assert.False(book.TryNote(Press(100_000, 1), 0));
        Assert.True(book.TryNote(Press(100_000, 1), 99_000));
        Assert.Equal(1, book.TooEarly);
    }

    [Fact]
    public void A_press_that_was_not_journaled_after_all_is_new_again()
    {
        var book = new ReceiptBook(_city);
        Assert.True(book.TryNote(Press(1000, 1), 1000));
        book.Forget(Press(1000, 1));
        Assert.True(book.TryNote(Press(1000, 1), 1000));
    }

    [Fact]
    public void Other_events_and_presses_without_a_number_want_no_receipt()
    {
        var book = new ReceiptBook(_city);
        Assert.False(book.Wants(Press(1000, 0)));
        Assert.False(book.Wants(CityEvent.Tick(1000)));
        Assert.False(book.Wants(Press(1000, 1) with { Index = 999 }));
        Assert.False(book.Wants(Press(1000, 1) with { Index = 0 }));
    }

    [Fact]
    public void A_press_is_said_again_until_its_receipt_comes()
    {
        var presses = new PressBook(_city);
        presses.Add(_button, 70_000, 0);
        Assert.True(presses.TryNextDue(0, out CityEvent first));
        Assert.False(presses.TryNextDue(1000, out _));
        Assert.True(presses.TryNextDue(2000, out CityEvent again));
        Assert.Equal(first, again);
        byte[] receipt = new byte[100];
        int length = ReceiptFeed.Write(receipt, first.TimeMs, first.Sequence);
        Assert.False(presses.TakeReceipt("citybrain/1/d1/receipt/other"u8, receipt.AsSpan(0, length), out _));
        Assert.False(presses.TakeReceipt("citybrain/1/d1/receipt/button"u8, "{}"u8, out _));
        Assert.True(presses.TakeReceipt("citybrain/1/d1/receipt/button"u8, receipt.AsSpan(0, length), out CityEvent press));
        Assert.Equal(first, press);
        Assert.False(presses.TryNextDue(10_000, out _));
        Assert.Equal((1, 0, 0), (presses.Acknowledged, presses.GivenUp, presses.Waiting));
    }

    [Fact]
    public void Presses_that_nobody_answers_are_bounded_and_counted()
    {
        var presses = new PressBook(_city);
        for (int i = 0; i < 50; i++) presses.Add(_button, i, i);
        Assert.Equal((PressBook.MostOfAButton, 34L), (presses.Waiting, presses.GivenUp));
        Assert.False(presses.TryNextDue(70_000, out _));
        Assert.Equal((0, 50L), (presses.Waiting, presses.GivenUp));
    }

    [Fact]
    public void A_receipt_is_written_as_the_wire_says()
    {
        byte[] receipt = new byte[100];
        Assert.Equal("""{"timeMs":1000,"sequence":7}""", Encoding.UTF8.GetString(receipt, 0, ReceiptFeed.Write(receipt, 1000, 7)));
    }
}
