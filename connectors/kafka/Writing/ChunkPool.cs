namespace OrleansStream.Connectors.Kafka.Writing;

/// <summary>Chunks that have been committed, to be filled again. Given back on the I/O pool, taken on the subtask's thread.</summary>
/// <param name="chunkBytes">The size of a chunk; others are not kept.</param>
/// <param name="mostBytes">How much free chunks, and what is not committed, may be together; a few chunks are kept beyond that.</param>
/// <param name="chain">Knows what is not committed.</param>
internal sealed class ChunkPool(int chunkBytes, long mostBytes, EpochChain chain)
{
    // Kept in any case: one to fill, and one for each reader of what is in the file.
    private const int Few = 4;

    private readonly Stack<byte[]> _free = new();

    /// <summary>Gets a chunk of at least so many bytes; its content is arbitrary.</summary>
    public byte[] Rent(int bytes)
    {
        if (bytes <= chunkBytes)
        {
            lock (_free)
            {
                if (_free.TryPop(out byte[]? chunk))
                {
                    return chunk;
                }
            }
        }

        return GC.AllocateUninitializedArray<byte>(Math.Max(bytes, chunkBytes));
    }

    /// <summary>Gets an array of just so many bytes; its content is arbitrary.</summary>
    public byte[] RentExactly(int bytes) => bytes == chunkBytes ? Rent(bytes) : GC.AllocateUninitializedArray<byte>(bytes);

    /// <summary>Gives a chunk back that nobody refers to any more.</summary>
    public void Return(byte[] chunk)
    {
        if (chunk.Length != chunkBytes)
        {
            return;
        }

        lock (_free)
        {
            if (_free.Count < Few || ((_free.Count + 1L) * chunkBytes) + chain.UncommittedBytes <= mostBytes)
            {
                _free.Push(chunk);
            }
        }
    }
}
