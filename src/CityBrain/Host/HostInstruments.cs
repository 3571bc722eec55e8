using CityBrain.Brain;
using CityBrain.Channels;
using CityBrain.Controllers;
using CityBrain.Ingest;
using CityBrain.Model;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Telemetry;

namespace CityBrain.Host;

/// <summary>The names of everything a run counts.</summary>
internal static class HostInstruments
{
    /// <summary>The counters that the dashboard's frames carry.</summary>
    public static readonly string[] FrameCounterNames =
        ["messages", "events", "malformed", "unknown", "late", "duplicate", "impossible", "dropped"];

    public static void Register(Instruments to, DistrictBrain brain, BrainLoop loop, BatchChannel<EventBatch> channel,
        IngestLoop ingest, MqttClient client, MqttBroker? broker, MqttCommandSink sink, LatestReadings? latest)
    {
        const string messages = "citybrain_messages_total", refused = "citybrain_readings_refused_total";
        to.Counter(messages, "Messages from feeds, by fate.", () => ingest.Counters.Read, "read");
        to.Counter(messages, "", () => ingest.Counters.UnknownTopic, "unknown-topic");
        to.Counter(messages, "", () => ingest.Counters.Malformed, "malformed");
        to.Counter(messages, "", () => ingest.Counters.WrongNumbering, "wrong-numbering");
        to.Counter(refused, "Readings refused, by reason.", () => brain.Engine.Counters.TooLate, "too-late");
        to.Counter(refused, "", () => brain.Engine.Counters.Duplicate, "duplicate");
        to.Counter(refused, "", () => brain.Engine.Counters.Impossible + ingest.Counters.Impossible, "impossible");
        to.Counter(refused, "", () => brain.Engine.Counters.Unknown + ingest.Counters.UnknownIndex, "unknown");
        to.Counter("citybrain_readings_accepted_total", "Readings the engine took.", () => brain.Engine.Counters.Accepted);
        to.Counter("citybrain_channel_dropped_total", "Events dropped by a full channel.", () => channel.Counters.Dropped);
        if (latest is not null) RegisterLatest(to, latest);
        to.Gauge("citybrain_channel_waiting_batches", "Full batches waiting for the brain.", () => channel.Waiting);
        EventKind[] kinds =
            [EventKind.Loop, EventKind.Camera, EventKind.Button, EventKind.Controller, EventKind.Outflow];
        foreach (EventKind kind in kinds)
        {
            EventKind of = kind;
            string help = of == EventKind.Loop ? "Events that came to the brain, by kind." : "";
            to.Counter("citybrain_events_taken_total", help, () => loop.Tally.Received(of), of.ToString().ToLowerInvariant());
        }
        to.Counter("citybrain_events_total", "Events the brain accepted.", () => loop.Events);
        to.Counter("citybrain_commands_total", "Commands, keep-alives among them.", () => loop.Commands);
        to.Counter("citybrain_signal_changes_total", "Commands that changed signals.", () => loop.Changes);
        to.Counter("citybrain_commands_dropped_total", "Commands that the link could not take.", () => sink.Dropped);
        to.Gauge("citybrain_commands_signed", "1 while commands are signed.", () => sink.Signs ? 1 : 0);
        to.Counter("citybrain_receipts_total", "Receipts sent for events that are on the disk.", () => sink.ReceiptsSent);
        RegisterLedger(to, sink.Ledger);
        RegisterOutflows(to, brain, sink);
        to.Counter("citybrain_journal_errors_total", "Failed writes of the journal.", () => loop.JournalErrors);
        to.Counter("citybrain_events_not_journaled_total", "Events refused while the journal failed.", () => loop.NotJournaled);
        to.Counter("citybrain_ticks_refused_total", "Ticks that did not move time on.", () => brain.RefusedTicks);
        to.Counter("citybrain_overrides_refused_total", "Overrides that made no sense.", () => brain.RefusedOverrides);
        to.Gauge("citybrain_data_time_seconds", "Time of the last tick.", () => brain.NowMs / 1000.0);
        to.Gauge("citybrain_mqtt_connected", "1 while the broker is connected.", () => client.IsConnected ? 1 : 0);
        to.Counter("citybrain_mqtt_reconnects_total", "Reconnects to the broker.", () => client.Counters.Reconnects);
        to.Gauge("process_resident_memory_bytes", "Resident memory.", () => Environment.WorkingSet);
        to.Gauge("dotnet_gc_heap_bytes", "Managed heap.", () => GC.GetTotalMemory(false));
        to.Counter("dotnet_gc_allocated_bytes_total", "Bytes allocated by all threads.", () => GC.GetTotalAllocatedBytes());
        if (broker is not null) RegisterBroker(to, broker);
    }

    private static void RegisterLatest(Instruments to, LatestReadings latest)
    {
        const string replaced = "citybrain_readings_replaced_total";
        to.Counter(replaced, "Readings that a newer one of the same sensor replaced while the brain was behind.",
            () => latest.Replaced(EventKind.Loop), "loop");
        to.Counter(replaced, "", () => latest.Replaced(EventKind.Camera), "camera");
        to.Counter(replaced, "", () => latest.Replaced(EventKind.Controller), "controller");
        to.Counter(replaced, "", () => latest.Replaced(EventKind.Outflow), "outflow");
        to.Gauge("citybrain_sensors_waiting", "Sensors and controllers whose newest reading waits for the brain.", () => latest.Waiting);
    }

    private static void RegisterOutflows(Instruments to, DistrictBrain brain, MqttCommandSink sink)
    {
        const string told = "citybrain_outflows_told_total", heard = "citybrain_outflows_heard_total";
        to.Counter(told, "Plans told to neighbouring districts, by fate.", () => sink.OutflowsTold, "sent");
        to.Counter(told, "", () => sink.OutflowsDropped, "dropped");
        to.Counter(heard, "Plans that neighbouring districts told, by fate.",
            () => brain.OutflowsHeard.Accepted, "accepted");
        to.Counter(heard, "", () => brain.OutflowsHeard.TooOld, "too-old");
        to.Counter(heard, "", () => brain.OutflowsHeard.TooEarly, "too-early");
        to.Counter(heard, "", () => brain.OutflowsHeard.Malformed, "malformed");
        to.Counter(heard, "", () => brain.OutflowsHeard.Unknown, "unknown");
    }

    private static void RegisterLedger(Instruments to, CommandLedger ledger)
    {
        const string refused = "citybrain_commands_refused_total";
        to.Counter("citybrain_commands_acknowledged_total", "Reports that accepted a command.", () => ledger.Acknowledged);
        to.Counter("citybrain_commands_timed_out_total", "Times a controller gave no answer for its bound.", () => ledger.TimedOut);
        to.Counter("citybrain_controllers_fell_back_total", "Times a controller left the brain's commands.", () => ledger.FellBack);
        to.Counter("citybrain_controllers_took_over_total", "Times one came back to them.", () => ledger.TookOver);
        to.Gauge("citybrain_controllers_not_obeying", "Controllers commanded that do not obey.", () => ledger.NotObeying);
        for (var reason = Refusal.Stale; reason <= Refusal.Malformed; reason++)
        {
            Refusal why = reason;
            string help = why == Refusal.Stale ? "Commands that controllers refused, by reason." : "";
            to.Counter(refused, help, () => ledger.Refused(why), why.ToString());
        }
    }

    private static void RegisterBroker(Instruments to, MqttBroker broker)
    {
        to.Gauge("citybrain_broker_connections", "Open connections.", () => broker.Counters.ConnectionsOpen);
        to.Counter("citybrain_broker_messages_total", "Messages taken in.", () => broker.Counters.MessagesReceived);
        to.Counter("citybrain_broker_malformed_total", "Malformed packets.", () => broker.Counters.Malformed);
        const string refused = "citybrain_broker_refused_total";
        to.Counter(refused, "What the broker's users were refused.", () => broker.Counters.LoginsRefused, "login");
        to.Counter(refused, "", () => broker.Counters.PublishesRefused, "publish");
        to.Counter(refused, "", () => broker.Counters.SubscriptionsRefused, "subscribe");
        to.Counter(refused, "", () => broker.Counters.Revoked, "revoked");
        to.Counter("citybrain_broker_dropped_total", "Messages for full queues.", () => broker.Counters.DroppedFull);
        to.Gauge("citybrain_broker_queue_bytes", "Store of all clients' waiting messages in use, bytes.",
            () => broker.Counters.SharedQueueBytes);
        const string cut = "citybrain_broker_cut_total";
        to.Counter(cut, "Connections that the broker ended.", () => broker.Counters.Stalled, "stalled");
        to.Counter(cut, "", () => broker.Counters.KeepAliveTimeouts, "silent");
        to.Counter(cut, "", () => broker.Counters.ControlOverflows, "unread");
    }
}
