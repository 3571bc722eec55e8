using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using CityBrain.Backups;
using CityBrain.Testing;

namespace CityBrain.Tests.Backups;

/// <summary>What is restored is what was backed up, byte for byte, or nothing.</summary>
public sealed class BackupTests : IDisposable
{
    private static readonly DateTime Now = new(2026, 11, 22, 0, 0, 0, DateTimeKind.Utc);
    private readonly string _folder = Directory.CreateTempSubdirectory("backup-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string name) => Path.Combine(_folder, name);

    private string Sample()
    {
        Directory.CreateDirectory(In("run/journal"));
        var bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(In("run/journal/000001.cbj"), bytes);
        File.WriteAllText(In("run/accounts.json"), "[]");
        File.WriteAllBytes(In("run/empty"), []);
        return In("run");
    }

    private static Dictionary<string, byte[]> Contents(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(folder, f), File.ReadAllBytes);

    [Fact]
    public void What_comes_back_is_what_went_in_and_only_its_owner_reads_it()
    {
        string run = Sample();
        Backup.Make(run, In("b.tar.gz"), Now);
        BackupManifest manifest = Backup.Restore(In("b.tar.gz"), In("back"));
        Assert.Equal(Now, manifest.MadeUtc);
        Dictionary<string, byte[]> before = Contents(run), after = Contents(In("back"));
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        foreach (var (name, bytes) in before) Assert.Equal(bytes, after[name]);
        if (OperatingSystem.IsWindows()) return;
        foreach (string file in (string[])[In("b.tar.gz"), In("back/accounts.json")])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.False(File.Exists(In("b.tar.gz.part")) || Directory.Exists(In("back.restoring")));
    }

    [Fact]
    public void A_flipped_byte_anywhere_restores_nothing()
    {
        Backup.Make(Sample(), In("b.tar.gz"), Now);
        byte[] good = File.ReadAllBytes(In("b.tar.gz"));
        var random = new Random(7);
        int found = 0;
        for (int i = 0; i < 30; i++)
        {
            byte[] bad = [.. good];
            bad[random.Next(10, bad.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(In("bad"), bad);
            try
            {
                Backup.Restore(In("bad"), In("back"));
                Assert.Equal(Contents(In("run")).Values.Sum(v => v.Length), Contents(In("back")).Values.Sum(v => v.Length));
                Directory.Delete(In("back"), recursive: true); // a byte of padding, which says nothing
            }
            catch (BackupDamagedException)
            {
                found++;
                Assert.False(Directory.Exists(In("back")) || Directory.Exists(In("back.restoring")));
            }
        }
        Assert.InRange(found, 26, 30);
    }

    [Fact]
    public void A_flipped_byte_that_zip_does_not_see_is_seen_by_the_checksums()
    {
        Backup.Make(Sample(), In("b.tar.gz"), Now);
        using var plain = new MemoryStream();
        using (var zip = new GZipStream(File.OpenRead(In("b.tar.gz")), CompressionMode.Decompress)) zip.CopyTo(plain);
        byte[] tar = plain.ToArray();
        for (int at = 200_000; at < 200_040; at += 13)
        {
            byte[] bad = [.. tar];
            bad[at] ^= 4;
            Zip("bad", bad);
            Assert.Contains("not what was backed up",
                Assert.Throws<BackupDamagedException>(() => Backup.Restore(In("bad"), In("back"))).Message);
        }
        Zip("short", tar[..200_192]);
        Assert.Throws<BackupDamagedException>(() => Backup.Restore(In("short"), In("back")));
    }

    private void Zip(string name, byte[] tar)
    {
        using var zip = new GZipStream(File.Create(In(name)), CompressionLevel.Fastest);
        zip.Write(tar);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/tmp/citybrain-outside")]
    [InlineData("a/../../outside")]
    public void No_entry_leaves_the_folder(string name)
    {
        using (var zip = new GZipStream(File.Create(In("evil")), CompressionLevel.Fastest))
        using (var tar = new TarWriter(zip))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream("x"u8.ToArray()) });
        Assert.Throws<BackupDamagedException>(() => Backup.Restore(In("evil"), In("back")));
        Assert.False(File.Exists(In("outside")) || File.Exists("/tmp/citybrain-outside"));
    }

    [Fact]
    public void A_link_in_a_backup_is_refused()
    {
        using (var zip = new GZipStream(File.Create(In("evil")), CompressionLevel.Fastest))
        using (var tar = new TarWriter(zip))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "link") { LinkName = "/etc/passwd" });
        Assert.Throws<BackupDamagedException>(() => Backup.Restore(In("evil"), In("back")));
    }

    [Fact]
    public async Task The_command_line_says_what_it_did_and_overwrites_nothing()
    {
        string run = Sample();
        Assert.Equal((0, "3 files, 300002 bytes"), await RunAsync("backup", run, "-o", In("b.tar.gz")));
        Assert.Equal(1, (await RunAsync("backup", run, "-o", In("b.tar.gz"))).Code);
        Assert.Equal((0, "3 files, 300002 bytes"), await RunAsync("restore", In("b.tar.gz"), "-o", In("back")));
        Assert.Equal(1, (await RunAsync("restore", In("b.tar.gz"), "-o", In("back"))).Code);
        Assert.Equal(66, (await RunAsync("restore", In("nowhere"), "-o", In("x"))).Code);
        File.WriteAllText(In("junk"), "no backup");
        Assert.Equal(1, (await RunAsync("restore", In("junk"), "-o", In("x"))).Code);
    }

    [Fact]
    public async Task A_journal_backed_up_while_the_brain_writes_it_verifies()
    {
        Directory.CreateDirectory(In("run"));
        using (RunningProgram demo = RunningProgram.Product("demo", "--speed", "max", "--no-dashboard", "--mqtt-port", "0",
            "--journal", In("run/journal")))
        {
            await demo.LineWithAsync("Ctrl-C");
            for (int i = 0; i < 400 && Length(In("run/journal")) < 300_000; i++) await Task.Delay(50);
            Backup.Make(In("run"), In("b.tar.gz"), Now);
        }
        Backup.Restore(In("b.tar.gz"), In("back"));
        Assert.True(Length(In("back/journal")) >= 300_000);
        Assert.Equal(0, (await RunAsync("verify", In("back/journal"))).Code);
    }

    private static long Length(string folder) =>
        Directory.Exists(folder) ? Directory.GetFiles(folder).Sum(f => new FileInfo(f).Length) : 0;

    private static async Task<(int Code, string Said)> RunAsync(params string[] arguments)
    {
        using RunningProgram product = RunningProgram.Product(arguments);
        int code = await product.EndAsync();
        return (code, string.Join(',', (product.Output.FirstOrDefault() ?? "").Split(',').Take(2)));
    }
}
