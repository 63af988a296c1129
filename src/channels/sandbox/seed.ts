/** Writes the made-up world into the database, so that messages have somebody to belong to. */
import { type Db, inTransaction } from '../../db/open.ts';
import { SANDBOX_WORLD } from './world.ts';

/** Adds the rooms, people and seats that are missing. Idempotent; `now` in ms dates new rooms. */
export async function seedSandbox(db: Db, now: number): Promise<void> {
  const { rooms } = SANDBOX_WORLD;
  const people = rooms.flatMap((room) => room.people);
  await inTransaction(db, async (trx) => {
    await trx
      .insertInto('sandbox_room')
      .values(rooms.map(({ id, topic }) => ({ id, topic, created_at: now })))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    await trx
      .insertInto('sandbox_person')
      .values(people.map(({ id, name }) => ({ id, name })))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
    await trx
      .insertInto('sandbox_seat')
      .values(
        rooms.flatMap((room) =>
          room.people.map(({ id, nickname }) => ({ room_id: room.id, person_id: id, nickname })),
        ),
      )
      .onConflict((conflict) => conflict.columns(['room_id', 'person_id']).doNothing())
      .execute();
  });
}
