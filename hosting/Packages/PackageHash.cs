using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace OrleansStream.Hosting;

/// <summary>The identity of a package: SHA-256 of its files' names and contents, whatever the zip looks like. Fixed: packages on disk are filed under it.</summary>
internal static class PackageHash
{
    /// <summary>Hashes a folder. Blocks.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The hash in lower-case hexadecimal, and the bytes of all files.</returns>
    public static (string Hash, long Bytes) Of(string folder) => Of(PackageFile.In(folder));

    /// <summary>Hashes files. Blocks.</summary>
    /// <param name="files">The files, in any order.</param>
    /// <returns>The hash in lower-case hexadecimal, and the bytes of all files.</returns>
    public static (string Hash, long Bytes) Of(IEnumerable<PackageFile> files)
    {
        using IncrementalHash all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        long bytes = 0;
        foreach (PackageFile file in files.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(file.Name);
            BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
            all.AppendData(length);
            all.AppendData(utf8);
            using Stream content = file.Open();
            bytes += content.Length;
            all.AppendData(SHA256.HashData(content));
        }

        return (Convert.ToHexStringLower(all.GetHashAndReset()), bytes);
    }
}
