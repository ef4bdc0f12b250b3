import { userInfo } from "node:os";
import { UserError } from "../../core/errors.js";

/** Who notes or labels: as he says, else the user's name. @throws UserError  nobody is named */
export function personName(by: string | undefined): string {
  if (by !== undefined && by.trim() !== "") return by.trim();
  if (by !== undefined) throw new UserError("this names nobody", "--by", "name who says so, such as --by ann");
  try {
    return userInfo().username;
  } catch (error) {
    // A container may run as a user that has no name.
    throw new UserError("this system does not know your name", "--by", "name yourself, such as --by ann", {
      cause: error,
    });
  }
}
