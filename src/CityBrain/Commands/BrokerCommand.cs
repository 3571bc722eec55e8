using System.CommandLine;
using CityBrain.Access;
using CityBrain.Cli;
using CityBrain.Dashboard;

namespace CityBrain.Commands;

/// <summary>`citybrain broker users`: who may come to the embedded broker, and what they may do there.</summary>
internal static class BrokerCommand
{
    public static Command Build() => new("broker", "Manage the embedded broker.")
    {
        new Command("users", "Add, remove and list the users of the embedded broker.") { Add(), Remove(), List() },
    };

    private static Argument<string> NameArgument() => new("name") { Description = "the user's name" };

    private static Option<FileInfo> FileOption() => new("--users")
    { Description = "file of users, readable by its owner only", Required = true };

    private static Option<string[]> Several(string name, string what) =>
        new(name) { Description = what, AllowMultipleArgumentsPerToken = true };

    private static Command Add()
    {
        var name = NameArgument();
        var file = FileOption();
        var role = new Option<string>("--role")
        { Description = "sensor, controller, brain, dashboard, or none for rules of its own only", Required = true };
        role.AcceptOnlyFromAmong("sensor", "controller", "brain", "dashboard", "none");
        var ids = Several("--ids", "its detectors or intersections, '*' for all; without them the one of its name");
        var districts = Several("--districts", "its districts; without them every one");
        var publish = Several("--publish", "topic filters that it may publish to besides; %u is its name, %c its client id");
        var subscribe = Several("--subscribe", "topic filters that it may subscribe to besides");
        var passwordFile = new Option<string?>("--password-file")
        { Description = "file with its password; without it one is made and printed once" };
        var certificateOnly = new Option<bool>("--certificate-only")
        { Description = "no password: it shows a certificate with its name" };
        var command = new Command("add", "Add a user, or change one; a running broker sees it within a second.")
        { name, file, role, ids, districts, publish, subscribe, passwordFile, certificateOnly };
        command.WithExamples(
            "citybrain broker users add j12 --role controller --users broker-users.json",
            "citybrain broker users add north-cameras --role sensor --ids c1 c2 c3 --users broker-users.json",
            "citybrain broker users add gateway --role none --publish 'citybrain/1/+/batch' --users broker-users.json");
        command.SetAction(parsed =>
        {
            bool certificate = parsed.GetValue(certificateOnly);
            string? chosen = parsed.GetValue(passwordFile);
            if (certificate && chosen is not null)
                throw CliFailure.Usage("--password-file and --certificate-only exclude each other");
            string user = parsed.GetValue(name)!;
            string? password = certificate ? null : chosen is null ? Password.Generate() : Chosen(chosen, user);
            Put(parsed.GetValue(file)!.FullName, new BrokerUser
            {
                Name = user,
                Role = Enum.Parse<BrokerRole>(parsed.GetValue(role)!, ignoreCase: true),
                Password = password is null ? null : Password.Hash(password, BrokerUsers.Iterations),
                Ids = NullIfEmpty(parsed.GetValue(ids)),
                Districts = NullIfEmpty(parsed.GetValue(districts)),
                Publish = NullIfEmpty(parsed.GetValue(publish)),
                Subscribe = NullIfEmpty(parsed.GetValue(subscribe)),
            });
            if (password is not null && chosen is null) Console.Out.WriteLine(password);
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Remove()
    {
        var name = NameArgument();
        var file = FileOption();
        var command = new Command("remove", "Remove a user; a running broker closes its connections within seconds.")
        { name, file };
        command.WithExamples("citybrain broker users remove j12 --users broker-users.json");
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(file)!.FullName;
            BrokerUser[] users = Read(path);
            BrokerUser[] left = [.. users.Where(u => u.Name != parsed.GetValue(name))];
            if (left.Length == users.Length) throw CliFailure.Failed($"there is no user '{parsed.GetValue(name)}' in '{path}'");
            PrivateFile.Replace(path, BrokerUserFile.Write(left));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List()
    {
        var file = FileOption();
        var command = new Command("list", "List the users: name, role, how they log in, ids.") { file };
        command.SetAction(parsed =>
        {
            foreach (BrokerUser user in Read(parsed.GetValue(file)!.FullName))
                Console.Out.WriteLine($"{user.Name}\t{user.Role.ToString().ToLowerInvariant()}\t"
                    + $"{(user.Password is null ? "certificate" : "password")}\t{string.Join(' ', user.Ids ?? [])}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Put(string path, BrokerUser user)
    {
        if (BrokerUserFile.Objection(user) is { } objection) throw CliFailure.Usage(objection);
        BrokerUser[] users = File.Exists(path) ? Read(path) : [];
        BrokerUser[] next = [.. users.Where(u => u.Name != user.Name), user];
        if (next.Length > BrokerUserFile.MostUsers) throw CliFailure.Failed($"'{path}' has {users.Length} users already");
        PrivateFile.Replace(path, BrokerUserFile.Write(next));
    }

    private static BrokerUser[] Read(string path)
    {
        try
        {
            return BrokerUserFile.Parse(PrivateFile.Read(path, "users of the broker"));
        }
        catch (FormatException e)
        {
            throw CliFailure.Failed($"'{path}': {e.Message}");
        }
    }

    private static string Chosen(string path, string user)
    {
        string password = PrivateFile.ReadSecret(path, "", "password")!;
        const int shortest = 20; // devices do not remember theirs: few iterations, long passwords
        if (password.Length < shortest) throw CliFailure.Usage($"a device's password has at least {shortest} characters");
        return Password.Objection(password, user) is { } objection ? throw CliFailure.Usage(objection) : password;
    }

    private static string[]? NullIfEmpty(string[]? values) => values is { Length: > 0 } ? values : null;
}
