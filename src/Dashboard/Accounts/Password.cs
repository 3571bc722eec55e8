using System.Globalization;
using System.Security.Cryptography;

namespace CityBrain.Dashboard;

/// <summary>
/// Passwords as PBKDF2-HMAC-SHA256 (RFC 8018), written "pbkdf2-sha256$iterations$salt$hash" in base 64.
/// </summary>
public static class Password
{
    public const int ShortestLength = 12, LongestLength = 256;
    private const int SaltBytes = 16, HashBytes = 32;
    private const string Scheme = "pbkdf2-sha256";
    // Without 0, O, 1, l and I, which people mix up.
    private const string Letters = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";

    public static string Hash(string password, int iterations)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes);
        byte[] hash = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, HashBytes);
        return string.Create(CultureInfo.InvariantCulture,
            $"{Scheme}${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
    }

    /// <summary>True if the password made this hash; takes as long for a wrong one.</summary>
    public static bool Matches(string password, string stored)
    {
        string[] parts = stored.Split('$');
        if (parts.Length != 4 || parts[0] != Scheme
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int iterations)
            || iterations < 1) return false;
        try
        {
            byte[] salt = Convert.FromBase64String(parts[2]), hash = Convert.FromBase64String(parts[3]);
            byte[] made = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, hash.Length);
            return CryptographicOperations.FixedTimeEquals(made, hash);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>A new password of 20 letters and digits, some 116 bits.</summary>
    public static string Generate() => RandomNumberGenerator.GetString(Letters, 20);

    /// <summary>Why a password cannot be used, or null. Length counts, not signs (NIST SP 800-63B).</summary>
    public static string? Objection(string password, string account)
    {
        if (password.Length < ShortestLength) return $"A password has at least {ShortestLength} characters.";
        if (password.Length > LongestLength) return $"A password has at most {LongestLength} characters.";
        if (password.Contains(account, StringComparison.OrdinalIgnoreCase)) return "A password must not contain the account's name.";
        return password.Distinct().Count() < 5 ? "That password is too easy to guess." : null;
    }
}
