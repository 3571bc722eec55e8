using System.Text;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;
using CityBrain.Mqtt.Topics;
using CityBrain.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace CityBrain.Mqtt.Tests.Topics;

public class TopicTests
{
    private static readonly Gen<string> Levels = Gen.Elements("a", "b", "", "$x", "cc");

    private static readonly Gen<string> TopicNames =
        Levels.NonEmptyListOf().Select(l => string.Join('/', l.Take(5))).Where(t => t.Length > 0);

    private static readonly Gen<string> Filters =
        from levels in Gen.Frequency((3, Levels), (1, Gen.Constant("+"))).NonEmptyListOf()
        from hash in Gen.Elements(false, true)
        let text = string.Join('/', levels.Take(4)) + (hash ? "/#" : "")
        where text.Length > 0
        select text;

    [Theory]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1", true)] // examples of §4.7.1
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [InlineData("sport/#", "sport", true)]
    [InlineData("#", "sport/tennis", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [InlineData("sport/+", "sport", false)]
    [InlineData("sport/+", "sport/", true)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("#", "$SYS/monitor", false)] // §4.7.2
    [InlineData("+/monitor", "$SYS/monitor", false)]
    [InlineData("$SYS/#", "$SYS/monitor", true)]
    [InlineData("$SYS/monitor/+", "$SYS/monitor/Clients", true)]
    [InlineData("ACCOUNTS", "Accounts", false)]
    [InlineData("a/b", "a/bc", false)]
    [InlineData("a/bc", "a/b", false)]
    public void Matching_by_the_standards_examples(string filter, string topic, bool matches)
    {
        Assert.Equal(matches, TopicFilter.Matches(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(topic)));
    }

    [Theory]
    [InlineData("#", true)]
    [InlineData("sport/tennis#", false)]
    [InlineData("sport/tennis/#/ranking", false)]
    [InlineData("+/tennis/#", true)]
    [InlineData("sport+", false)]
    [InlineData("sport/+/player1", true)]
    [InlineData("$share/consumer/sport/#", true)]
    [InlineData("$share//sport", false)]
    [InlineData("$share/a+/sport", false)]
    [InlineData("$share/name", false)]
    [InlineData("", false)]
    public void Filters_that_are_allowed(string filter, bool valid)
    {
        Assert.Equal(valid, TopicFilter.IsValid(Encoding.UTF8.GetBytes(filter)));
    }

    [Fact]
    public void Matching_and_the_tree_agree_with_a_plain_reading_of_the_rules()
    {
        Prop.ForAll(Filters.ArrayOf().ToArbitrary(), TopicNames.ToArbitrary(), (filters, topic) =>
        {
            byte[] name = Encoding.UTF8.GetBytes(topic);
            var tree = new SubscriptionTree();
            var all = filters.Distinct().Select(f => New(Encoding.UTF8.GetBytes(f))).ToList();
            all.ForEach(tree.Add);
            var found = new List<Subscription>();
            tree.Match(name, found);
            foreach (Subscription subscription in all)
            {
                bool expected = PlainMatch(Encoding.UTF8.GetString(subscription.Filter), topic);
                Assert.Equal(expected, TopicFilter.Matches(subscription.Filter, name));
                Assert.Equal(expected, found.Contains(subscription));
            }

            all.ForEach(tree.Remove);
            found.Clear();
            tree.Match(name, found);
            Assert.Empty(found);
            Assert.Equal(0, tree.Count);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_share_group_takes_turns()
    {
        var tree = new SubscriptionTree();
        Subscription[] members = [New("$share/g/a/#"u8.ToArray()), New("$share/g/a/#"u8.ToArray())];
        Array.ForEach(members, tree.Add);
        var found = new List<Subscription>();
        for (int i = 0; i < 10; i++)
        {
            tree.Match("a/b"u8, found);
        }

        Assert.Equal(10, found.Count);
        Assert.All(members, m => Assert.Equal(5, found.Count(f => f == m)));
    }

    [Fact]
    public void The_table_finds_what_was_put_in_and_nothing_else()
    {
        Prop.ForAll(TopicNames.ArrayOf().ToArbitrary(), topics =>
        {
            var table = new TopicTable();
            var reference = new Dictionary<string, int>();
            for (int i = 0; i < topics.Length; i++)
            {
                Assert.True(table.TrySet(Encoding.UTF8.GetBytes(topics[i]), i));
                reference[topics[i]] = i;
            }

            Assert.Equal(reference.Count, table.Count);
            Assert.All(reference, pair => Assert.Equal(pair.Value, table.Find(Encoding.UTF8.GetBytes(pair.Key))));
            Assert.Equal(-1, table.Find("nowhere"u8));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_table_grows_is_bounded_and_looks_up_without_allocating()
    {
        var table = new TopicTable(capacity: 20_000);
        for (int i = 0; i < 20_000; i++)
        {
            Assert.True(table.TrySet(Encoding.UTF8.GetBytes($"city/{i % 7}/loop/{i}"), i));
        }

        Assert.False(table.TrySet("one/more"u8, 1));
        byte[][] topics = [.. Enumerable.Range(0, 20_000).Select(i => Encoding.UTF8.GetBytes($"city/{i % 7}/loop/{i}"))];
        int right = 0;
        Assert.Equal(0, Allocated.Least(_ =>
        {
            for (int i = 0; i < topics.Length; i++)
            {
                right += table.Find(topics[i]) == i ? 1 : 0;
            }
        }));
        Assert.Equal(Allocated.Rounds * 20_000, right);
    }

    [Theory]
    [InlineData("#", "a/+", true)]
    [InlineData("#", "#", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/#", true)]
    [InlineData("a/+", "a/#", false)]
    [InlineData("a/+/c", "a/+/c", true)]
    [InlineData("a/b/c", "a/+/c", false)]
    [InlineData("+/#", "#", false)]
    [InlineData("a/+", "a", false)]
    [InlineData("#", "$SYS/#", false)]
    [InlineData("+/x", "$SYS/x", false)]
    [InlineData("$SYS/#", "$SYS/x", true)]
    public void A_rule_covers_a_filter_when_it_matches_all_that_the_filter_matches(string rule, string filter, bool covers) =>
        Assert.Equal(covers, TopicFilter.Covers(Encoding.UTF8.GetBytes(rule), Encoding.UTF8.GetBytes(filter)));

    [Fact]
    public void What_a_covered_filter_matches_the_rule_matches_too()
    {
        int covered = 0;
        Prop.ForAll(Arb.From(Filters), Arb.From(Filters), Arb.From(TopicNames), (rule, filter, topic) =>
        {
            byte[] r = Encoding.UTF8.GetBytes(rule), f = Encoding.UTF8.GetBytes(filter), t = Encoding.UTF8.GetBytes(topic);
            covered += TopicFilter.Covers(r, f) ? 1 : 0;
            return !TopicFilter.Covers(r, f) || !TopicFilter.Matches(f, t) || TopicFilter.Matches(r, t);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
        Assert.True(covered > 300, $"only {covered} of the pairs said something");
    }

    private static Subscription New(byte[] filter) =>
        new(new Session(new SessionKey(null, "s"), new Outbox(new OutboxLimits(1, 1, 1), new LinkTally(), MqttVersion.V5)), filter);

    private static bool PlainMatch(string filter, string topic)
    {
        string[] f = filter.Split('/');
        string[] t = topic.Split('/');
        if (topic[0] == '$' && f[0] is "+" or "#")
        {
            return false;
        }

        for (int i = 0; i < f.Length; i++)
        {
            if (f[i] == "#")
            {
                return true;
            }

            if (i >= t.Length || (f[i] != "+" && f[i] != t[i]))
            {
                return false;
            }
        }

        return f.Length == t.Length;
    }
}
