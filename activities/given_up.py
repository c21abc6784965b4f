"""What is said of targets that are settled because their customer, or their run, was given up."""

from contracts.words import GivenUp

GIVEN_UP: dict[GivenUp, str] = {
    "consentMissing": "The customer's tenant has not consented to the service, or has disabled it.",
    "credentialInvalid": "The service's own secret or certificate was refused; its operators have to renew it.",
    "conditionalAccess": "A Conditional Access policy of the customer's blocks the service's sign-in.",
    "unknownTenant": "Microsoft knows no tenant with the customer's tenant id.",
    "tokenRejected": "Microsoft Graph did not accept the service's tokens for this tenant.",
    "customerUnreachable": "The customer's tenant did not answer.",
    "internalError": "The service failed at this user again and again; look at its log.",
}
