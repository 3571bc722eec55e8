using CityBrain.Model;

namespace CityBrain.Controllers.Tests;

public class CommandLedgerTests
{
    private readonly CommandLedger _ledger = new(TwoJunctions.Build());

    private void Report(long timeMs, ControllerMode mode, uint sequence, Refusal refusal = Refusal.None) =>
        _ledger.Reported(new ControllerReport(timeMs, 0, mode, 0, sequence, refusal));

    [Fact]
    public void A_report_with_the_sequence_is_the_acknowledgement()
    {
        _ledger.Sent(0, 7, 1000);
        Report(1300, ControllerMode.Remote, 7);
        Report(2300, ControllerMode.Remote, 7);
        Assert.Equal(1, _ledger.Acknowledged);
        Assert.Equal(7u, _ledger[0].LastAccepted);
        Assert.Equal(300, _ledger[0].AcceptedAfterMs);
        _ledger.Tick(60_000);
        Assert.Equal(0, _ledger.TimedOut);
    }

    [Fact]
    public void A_sequence_that_was_never_sent_acknowledges_nothing()
    {
        _ledger.Sent(0, 7, 1000);
        Report(1300, ControllerMode.Remote, 9000);
        Assert.Equal(0, _ledger.Acknowledged);
        _ledger.Tick(11_000);
        Assert.Equal(1, _ledger.TimedOut);
    }

    [Fact]
    public void Refusals_are_counted_by_reason_and_each_once()
    {
        _ledger.Sent(0, 7, 1000);
        Report(1300, ControllerMode.Remote, 6, Refusal.ShortGreen);
        Report(2300, ControllerMode.Remote, 6, Refusal.ShortGreen);
        Assert.Equal(1, _ledger.Refused(Refusal.ShortGreen));
        Assert.Equal(0, _ledger.Refused(Refusal.Conflict));
        Assert.Equal(Refusal.ShortGreen, _ledger[0].Refusal);
    }

    [Fact]
    public void Silence_times_out_once_and_an_answer_ends_it()
    {
        for (uint s = 1; s <= 30; s++)
        {
            _ledger.Sent(0, s, s * 1000L);
            _ledger.Tick(s * 1000L);
        }
        Assert.Equal(1, _ledger.TimedOut);
        Assert.Equal(1, _ledger.NotObeying);
        Report(30_500, ControllerMode.Remote, 30);
        Assert.False(_ledger[0].TimedOut);
        Assert.Equal(0, _ledger.NotObeying);
    }

    [Fact]
    public void Fallback_and_take_over_are_seen()
    {
        _ledger.Sent(0, 1, 1000);
        Report(1500, ControllerMode.Remote, 1);
        Report(12_000, ControllerMode.Fallback, 1);
        Report(13_000, ControllerMode.Fallback, 1);
        Assert.Equal(1, _ledger.FellBack);
        Assert.Equal(1, _ledger.NotObeying);
        Report(14_000, ControllerMode.Remote, 1);
        Assert.Equal(1, _ledger.TookOver);
        Assert.Equal(0, _ledger.NotObeying);
    }

    [Fact]
    public void Sequences_may_wrap()
    {
        _ledger.Sent(0, uint.MaxValue, 1000);
        Report(1500, ControllerMode.Remote, uint.MaxValue);
        _ledger.Sent(0, 1, 2000);
        Report(2500, ControllerMode.Remote, 1);
        Assert.Equal(2, _ledger.Acknowledged);
    }

    [Fact]
    public void A_report_from_nowhere_is_ignored()
    {
        _ledger.Reported(new ControllerReport(1, 99, ControllerMode.Remote, 0, 1, Refusal.None));
        _ledger.Reported(new ControllerReport(1, -1, ControllerMode.Remote, 0, 1, Refusal.None));
        Assert.Equal(0, _ledger.Acknowledged);
    }
}
